import { payloadJson } from '../payload.js';
import { clientFrame } from './frames.js';
import { assertLengths, type Load, type LoadContext, openSockets, runFor, settle } from './load.js';
import type { RawSocket } from './raw-socket.js';

/** One-way messages per burst. A burst ends in one call, whose answer lets the next one go. */
const burst = 100;

/** Inbound one-way messages, as many as the server takes. */
export class Flood implements Load {
  readonly #context: LoadContext;
  #sockets: RawSocket[] = [];

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    this.#sockets = await openSockets(this.#context, this.#context.params.connections);
  }

  async run(durationMs: number) {
    const { dialect } = this.#context;
    const message = clientFrame(dialect.flood(payloadJson));
    const messages: Buffer[] = Array.from({ length: burst }, () => message);
    const bytes = Buffer.concat([...messages, clientFrame(dialect.call(100, payloadJson))]);
    let bursts = 0;
    const send = (socket: RawSocket) => {
      bursts += 1;
      socket.send(bytes);
    };
    for (const socket of this.#sockets) {
      socket.messages = 0;
      socket.expectedBytes = Buffer.byteLength(dialect.answer(100, payloadJson));
      socket.onMessages = () => send(socket);
      send(socket);
    }
    await runFor(durationMs);
    for (const socket of this.#sockets) socket.onMessages = undefined;
    const total = () => this.#sockets.reduce((sum, socket) => sum + socket.messages, 0);
    await settle('answers', bursts, total);
    assertLengths(this.#sockets);
    return { units: bursts * burst, sent: bursts * burst };
  }
}
