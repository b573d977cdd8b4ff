import { payloadJson } from '../payload.js';
import { clientFrame, FrameRing } from './frames.js';
import {
  assertLengths,
  type Load,
  type LoadContext,
  openSockets,
  runFor,
  sendPaced,
  settle,
} from './load.js';
import type { RawSocket } from './raw-socket.js';

const firstId = 100;
const ids = Array.from({ length: 32 }, (_, index) => firstId + index);

/** Every connection keeps `inFlight` calls of `echo` under way. */
export class Calls implements Load {
  readonly #context: LoadContext;
  #sockets: RawSocket[] = [];

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    const { dialect, params } = this.#context;
    const answer = dialect.answer(firstId, payloadJson);
    const call = dialect.call(firstId, payloadJson);
    this.#sockets = await openSockets(this.#context, params.connections, async (socket) => {
      const answered = socket.until((text) => {
        if (text !== answer) throw new Error(`Expected ${answer}, received ${text}.`);
        return 1;
      }, 1);
      socket.sendText(call);
      await answered;
      socket.expectedBytes = Buffer.byteLength(answer);
    });
  }

  async run(durationMs: number, rate?: number) {
    const { dialect, params } = this.#context;
    const inFlight = params.inFlight!;
    const frames = ids.map((id) => clientFrame(dialect.call(id, payloadJson)));
    let sent = 0;
    const callers = this.#sockets.map((socket) => {
      const ring = new FrameRing(frames, inFlight);
      socket.messages = 0;
      return (count: number) => {
        sent += count;
        socket.send(ring.take(count));
      };
    });
    let lateMs: number | undefined;
    if (rate === undefined) {
      for (const [index, socket] of this.#sockets.entries()) {
        socket.onMessages = callers[index];
        callers[index]!(inFlight);
      }
      await runFor(durationMs);
      for (const socket of this.#sockets) socket.onMessages = undefined;
    } else {
      lateMs = await sendPaced(durationMs, rate, (index) => callers[index % callers.length]!(1));
    }
    const total = () => this.#sockets.reduce((sum, socket) => sum + socket.messages, 0);
    await settle('answers', sent, total);
    assertLengths(this.#sockets);
    return { units: total(), lateMs };
  }
}
