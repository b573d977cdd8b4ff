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

const channel = 'fan-out';

/**
 * One channel, many subscribers. The last subscriber also publishes: it keeps `inFlight`
 * publications under way and replaces each one as its own copy comes back.
 */
export class FanOut implements Load {
  readonly #context: LoadContext;
  #sockets: RawSocket[] = [];
  #ring!: FrameRing;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    const { dialect, params } = this.#context;
    this.#sockets = await openSockets(this.#context, params.connections);
    for (const socket of this.#sockets) await socket.subscribe([channel]);

    // One publication is compared in full at every subscriber; later ones by their length.
    const delivery = dialect.delivery(channel, payloadJson);
    const received = this.#sockets.map((socket) => {
      return socket.until((text) => {
        if ((dialect.withoutPlace?.(text) ?? text) !== delivery)
          throw new Error(`Expected ${delivery}, received ${text}.`);
        return 1;
      }, 1);
    });
    const frame = clientFrame(dialect.publish(channel, payloadJson));
    this.#sockets.at(-1)!.send(frame);
    await Promise.all(received);
    if (dialect.withoutPlace === undefined) {
      for (const socket of this.#sockets) socket.expectedBytes = Buffer.byteLength(delivery);
    }
    this.#ring = new FrameRing([frame], params.inFlight!);
  }

  async run(durationMs: number, rate?: number) {
    for (const socket of this.#sockets) socket.messages = 0;
    const publisher = this.#sockets.at(-1)!;
    let published = 0;
    const publish = (count: number) => {
      published += count;
      publisher.send(this.#ring.take(count));
    };
    let lateMs: number | undefined;
    if (rate === undefined) {
      publisher.onMessages = publish;
      publish(this.#context.params.inFlight!);
      await runFor(durationMs);
      publisher.onMessages = undefined;
    } else {
      lateMs = await sendPaced(durationMs, rate, () => publish(1));
    }

    const total = () => this.#sockets.reduce((sum, socket) => sum + socket.messages, 0);
    await settle('deliveries', published * this.#sockets.length, total);
    const uneven = this.#sockets.filter((socket) => socket.messages !== published);
    if (uneven.length > 0) throw new Error(`${uneven.length} subscribers missed publications.`);
    assertLengths(this.#sockets);
    return { units: total(), lateMs };
  }
}
