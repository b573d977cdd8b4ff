import { concurrently, type Load, type LoadContext, openSockets, runFor } from './load.js';
import { RawSocket } from './raw-socket.js';

/** Connect, handshake, authenticate with a token, close; `connections` at a time. */
export class Connect implements Load {
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {}

  async run(durationMs: number) {
    const { dialect, port, token, params } = this.#context;
    let running = true;
    let units = 0;
    const lane = async () => {
      while (running) {
        const socket = await RawSocket.open(dialect, port, token);
        units += 1;
        await socket.close();
      }
    };
    const lanes = Array.from({ length: params.connections }, lane);
    await runFor(durationMs);
    running = false;
    await Promise.all(lanes);
    return { units };
  }
}

/** After a restart every client comes back at once and subscribes to its channels again. */
export class Resubscribe implements Load {
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  async prepare(): Promise<void> {}

  async run() {
    const { dialect, port, params } = this.#context;
    const { connections, channels = 1 } = params;
    await concurrently(connections, 256, async (index) => {
      const socket = await RawSocket.open(dialect, port);
      const names = Array.from({ length: channels }, (_, k) => `room-${(index * 7 + k) % 2000}`);
      await socket.subscribe(names);
    });
    return { units: connections };
  }
}

/** Connections that do nothing. */
export class Idle implements Load {
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** The first connections pay for compiled code and grown tables; they are not counted. */
  async prepare(): Promise<void> {
    await openSockets(this.#context, this.#context.params.before ?? 0);
  }

  async run() {
    const { connections } = this.#context.params;
    await openSockets(this.#context, connections);
    return { units: connections };
  }
}
