import { payloadJson } from '../payload.js';
import { clientFrame, FrameRing } from './frames.js';
import { assertLengths, type Load, type LoadContext, openSockets, runFor, settle } from './load.js';
import { RawSocket } from './raw-socket.js';

/**
 * Many channels of few subscribers, published to in turn by a connection that subscribes to none.
 * A publication counts as done with every `subscribersPerChannel` deliveries.
 */
export class ManyChannels implements Load {
  readonly #context: LoadContext;
  #sockets: RawSocket[] = [];
  #publisher!: RawSocket;
  #ring!: FrameRing;
  #names: string[] = [];

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    const { dialect, port, params } = this.#context;
    const { channels = 1, subscribersPerChannel = 1, connections, inFlight = 1 } = params;
    this.#names = Array.from({ length: channels }, (_, index) => `channel-${1000 + index}`);
    const each = (channels * subscribersPerChannel) / connections;
    this.#sockets = await openSockets(this.#context, connections, async (socket, index) => {
      const mine = Array.from(
        { length: each },
        (_, k) => this.#names[(index * each + k) % channels]!,
      );
      await socket.subscribe(mine);
    });
    this.#publisher = await RawSocket.open(dialect, port);
    const frames = this.#names.map((name) => clientFrame(dialect.publish(name, payloadJson)));
    this.#ring = new FrameRing(frames, inFlight);
    const bytes = Buffer.byteLength(dialect.delivery(this.#names[0]!, payloadJson));
    for (const socket of this.#sockets) socket.expectedBytes = bytes;
  }

  async run(durationMs: number) {
    const {
      subscribersPerChannel = 1,
      inFlight = 1,
      channels = 1,
      connections,
    } = this.#context.params;
    let published = 0;
    let delivered = 0;
    let running = true;
    let scheduled = false;
    const publish = () => {
      scheduled = false;
      const count = inFlight - (published - Math.floor(delivered / subscribersPerChannel));
      if (!running || count <= 0) return;
      published += count;
      this.#publisher.send(this.#ring.take(count));
    };
    for (const socket of this.#sockets) {
      socket.messages = 0;
      socket.onMessages = (count) => {
        delivered += count;
        if (scheduled) return;
        scheduled = true;
        setImmediate(publish);
      };
    }
    publish();
    await runFor(durationMs);
    running = false;
    // A whole round over all channels gives every connection the same number of deliveries.
    const rest = (channels - (published % channels)) % channels;
    for (let sent = 0; sent < rest; sent += Math.min(inFlight, rest - sent)) {
      const count = Math.min(inFlight, rest - sent);
      published += count;
      this.#publisher.send(this.#ring.take(count));
    }
    await settle('deliveries', published * subscribersPerChannel, () => delivered);
    const share = (published * subscribersPerChannel) / connections;
    const uneven = this.#sockets.filter((socket) => socket.messages !== share);
    if (uneven.length > 0) throw new Error(`${uneven.length} subscribers missed publications.`);
    assertLengths(this.#sockets);
    return { units: delivered };
  }
}
