import { ActionBase } from '../middleware/action.js';
import { BlockedAction } from '../middleware/middleware.js';
import type { InboundSession } from './inbound-session.js';

/** Where messages go that have passed. */
interface RawLineOwner {
  /** A message was allowed. */
  accept(message: string | Buffer): void;
  /** A message was blocked. */
  drop(): void;
}

/**
 * Offers a socket's messages to the inboundRaw line, one at a time and as they arrive: what happens to
 * those that have passed is not awaited, so the line sees a burst while the inbound line still holds an
 * earlier message. What waits here is counted by the socket's meter, which bounds it.
 */
export class RawLine {
  readonly #session: InboundSession;
  readonly #owner: RawLineOwner;
  readonly #waiting: (string | Buffer)[] = [];
  #busy = false;
  #stopped = false;

  constructor(session: InboundSession, owner: RawLineOwner) {
    this.#session = session;
    this.#owner = owner;
  }

  /** Messages are on their way through the line: later ones must not overtake them. */
  get isBusy(): boolean {
    return this.#busy;
  }

  offer(message: string | Buffer): void {
    this.#waiting.push(message);
    this.#session.inbound.meter.add(message.length);
    if (!this.#busy) void this.#run();
  }

  /** Drops what waits. */
  stop(): void {
    this.#stopped = true;
    for (const message of this.#waiting) this.#session.inbound.meter.remove(message.length);
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let message = this.#waiting[0]; message !== undefined; message = this.#waiting[0]) {
      const data = await this.#judge(message);
      if (this.#stopped) return;
      this.#waiting.shift();
      this.#session.inbound.meter.remove(message.length);
      if (data === undefined) this.#owner.drop();
      else this.#owner.accept(data);
    }
    this.#busy = false;
  }

  /** The message as the line allowed it, or `undefined`. Never rejects. */
  async #judge(message: string | Buffer): Promise<string | Buffer | undefined> {
    const session = this.#session;
    const lane = session.lanes.use('inboundRaw');
    if (lane === undefined) return message;
    try {
      const action = new ActionBase('message', { socket: session.socket }, message);
      return (await lane.process(action)).data as string | Buffer;
    } catch (error) {
      if (session.isClosed) return undefined;
      if (error instanceof BlockedAction) session.lanes.reportBlocked(error);
      else session.emitError(error);
      return undefined;
    }
  }
}
