import { dehydrateError } from '@asyngular/protocol';
import {
  type CallPacket,
  responseError,
  type ServedCall,
  ServedCallTable,
} from '@asyngular/protocol/internal';
import type { Link } from '../connection/link.js';
import { type Context, emitError } from '../context.js';
import type { ResolvedOptions } from '../options/options.js';
import type { OutboundPacket } from './message.js';
import type { Outlet } from './outlet.js';
import type { Pressure } from './pressure.js';

/** What else of the socket they use. */
export interface ClientCallsNeeds {
  readonly outlet: Pick<Outlet, 'send'>;
  readonly pressure: Pick<Pressure, 'whenWritable'>;
}

/** Gives the calls of a link. */
export type Serving = (link: Link) => ServedCallTable;

export function createServing(context: Context, needs: ClientCallsNeeds): Serving {
  return (link) => {
    link.served ??= new ClientCalls(context, needs, link);
    return link.served;
  };
}

/** The server's calls that came over one link, and where streams and bodies are produced for it. */
class ClientCalls extends ServedCallTable {
  readonly #context: Context;
  readonly #needs: ClientCallsNeeds;
  readonly #link: Link;

  constructor(context: Context, needs: ClientCallsNeeds, link: Link) {
    super();
    this.#context = context;
    this.#needs = needs;
    this.#link = link;
  }

  get window(): ResolvedOptions {
    return this.#context.options;
  }

  protected has(extension: string): boolean {
    return this.#link.extensions.has(extension);
  }

  /** Nothing of a call goes out on the next connection, where its id is that of another. */
  send(packet: CallPacket & OutboundPacket, onUnencodable?: (error: unknown) => void): void {
    if (!this.#link.isOver) {
      const { rid } = packet;
      this.#needs.outlet.send(
        packet,
        this.#link,
        packet.more === undefined ? onUnencodable : (error) => this.get(rid!)?.fail(error),
      );
    }
  }

  respond({ id }: ServedCall, data: unknown, end?: number): void {
    this.send({ rid: id, ...(end !== undefined && { end }), data });
  }

  fail({ id, isCancelled }: ServedCall, error: unknown): void {
    if (isCancelled) {
      this.report(error);
    } else {
      const hasTypes = !!this.#link.codec.extension;
      this.send({ rid: id, error: dehydrateError(responseError(error), hasTypes) });
    }
  }

  report(error: unknown): void {
    // What `signal.throwIfAborted()` and its like throw is nobody's fault.
    if ((error as Error | null)?.name !== 'AbortError') {
      emitError(this.#context, error);
    }
  }

  whenWritable(): Promise<void> | undefined {
    return this.#needs.pressure.whenWritable();
  }

  startTimer(callback: () => void, delayMs: number): () => void {
    const { platform } = this.#context;
    const timer = platform.setTimeout(callback, delayMs);
    return () => platform.clearTimeout(timer);
  }
}
