import { payloadJson } from '../payload.js';
import { clientFrame } from './frames.js';
import type { Load, LoadContext } from './load.js';
import { RawSocket } from './raw-socket.js';

/** Publications that a log of the default size keeps. */
const KEPT = 100;

/**
 * Fills the logs of many channels, with or without a subscriber. `before` channels are filled unmeasured; they pay
 * for compiled code and grown buffers.
 */
export class Kept implements Load {
  readonly #context: LoadContext;
  #publisher!: RawSocket;
  #subscriber!: RawSocket;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    const { dialect, port, params } = this.#context;
    this.#publisher = await RawSocket.open(dialect, port);
    this.#subscriber = await RawSocket.open(dialect, port);
    await this.#fill('before', params.before!);
  }

  async run() {
    return { units: await this.#fill('kept', this.#context.params.channels!) };
  }

  async #fill(prefix: string, channels: number): Promise<number> {
    const { dialect, params } = this.#context;
    for (let nth = 0; nth < channels; nth++) {
      const channel = `${prefix}-${nth}`;
      if (params.subscribersPerChannel) await this.#subscriber.subscribe([channel]);
      const frame = clientFrame(dialect.publish(channel, payloadJson));
      // The call is answered after all that was published before it.
      const answered = this.#publisher.until(() => 1, 1);
      this.#publisher.send(Buffer.concat(Array(KEPT).fill(frame)));
      this.#publisher.sendText(dialect.call(1, payloadJson));
      await answered;
    }
    return channels * KEPT;
  }
}
