import { payloadJson } from '../payload.js';
import { clientFrame } from './frames.js';
import { type Load, type LoadContext, settle } from './load.js';
import { RawSocket } from './raw-socket.js';

/** Publications that a log of the default size keeps. */
const KEPT = 100;
/** Publications under way. */
const BATCH = 50;

/**
 * Fills the logs of many channels, each of which has one subscriber. `before` channels are filled unmeasured; they pay
 * for compiled code and grown buffers.
 */
export class Kept implements Load {
  readonly #context: LoadContext;
  #socket!: RawSocket;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {
    const { dialect, port, params } = this.#context;
    this.#socket = await RawSocket.open(dialect, port);
    await this.#fill('before', params.before!);
  }

  async run() {
    return { units: await this.#fill('kept', this.#context.params.channels!) };
  }

  async #fill(prefix: string, channels: number): Promise<number> {
    const { dialect } = this.#context;
    const socket = this.#socket;
    socket.messages = 0;
    let published = 0;
    for (let nth = 0; nth < channels; nth++) {
      const channel = `${prefix}-${nth}`;
      await socket.subscribe([channel]);
      const frame = clientFrame(dialect.publish(channel, payloadJson));
      for (let sent = 0; sent < KEPT; sent += BATCH) {
        published += BATCH;
        socket.send(Buffer.concat(Array(BATCH).fill(frame)));
        await arrived(socket, published);
      }
    }
    await settle('publications', published, () => socket.messages);
    return published;
  }
}

function arrived(socket: RawSocket, count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (socket.messages < count) return;
      socket.onMessages = undefined;
      resolve();
    };
    socket.onMessages = check;
    check();
  });
}
