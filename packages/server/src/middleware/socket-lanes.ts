import { closeCodes } from '@asyngular/protocol';
import type { StreamOptions } from '@asyngular/streams';
import type { Backlogs } from '../backlogs/backlogs.js';
import type { WarningDetails } from '../events/warning-details.js';
import type { ActionKinds, InboundActionKind } from './inbound-actions.js';
import {
  type BlockedAction,
  type MiddlewareFunctions,
  MiddlewareLane,
  type MiddlewareLine,
} from './middleware.js';

/** What the lanes of a socket need of its session. */
export interface LaneOwner {
  readonly isClosed: boolean;
  readonly core: {
    readonly middleware: MiddlewareFunctions;
    readonly inboundKinds: ActionKinds;
    readonly options: { readonly middlewareTimeout: number };
    readonly server: { readonly middlewareEmitFailures: boolean };
    readonly counters: { blockedActions: number };
    readonly backlogs: Pick<Backlogs, 'counted'>;
  };
  /** Counts what waits to be consumed. */
  readonly inbound: { readonly meter: StreamOptions };
  countLimit(limit: 'middlewareTimeout'): void;
  emitError(error: unknown, about?: WarningDetails): void;
  close(code: number): void;
}

/** The lines that run for a socket; the handshake line runs for its connection, from before it on. */
type SocketLine = Exclude<MiddlewareLine, 'handshake'>;

/** The runs of middleware functions for one socket, one per line, each made when it is first needed. */
export class SocketLanes {
  handshake: MiddlewareLane | undefined;
  inboundRaw: MiddlewareLane | undefined;
  inbound: MiddlewareLane | undefined;
  outbound: MiddlewareLane | undefined;
  readonly #owner: LaneOwner;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  /** The lane for the socket's next action; `undefined` while the line has no function. */
  use(line: SocketLine): MiddlewareLane | undefined {
    const middleware = this.#owner.core.middleware[line];
    const lane = this[line];
    if (lane !== undefined && lane.middleware === middleware && !isToRestart(lane)) return lane;
    this.drop(line);
    if (middleware === undefined) return undefined;
    const { middlewareTimeout } = this.#owner.core.options;
    const next = new MiddlewareLane(
      line,
      middleware,
      middlewareTimeout,
      (error, failed) => {
        if (this.#owner.isClosed || this.#owner.core.middleware[line] !== middleware) return;
        // The publisher made it throw, not this socket, which misses one delivery and stays.
        if (isToRestart(failed)) this.#owner.emitError(error);
        else this.#fail(error);
      },
      this.#streamsOf(line),
    );
    this[line] = next;
    return next;
  }

  /** The same for an action of the inbound line; `undefined` also when its function does not ask for such actions. */
  useInbound(kind: InboundActionKind): MiddlewareLane | undefined {
    return this.#owner.core.inboundKinds.has(kind) ? this.use('inbound') : undefined;
  }

  /** What other loops leave lying of a line's actions counts: it may be as much as the client sends. */
  #streamsOf(line: SocketLine): StreamOptions {
    const { core, inbound } = this.#owner;
    // What is published for a socket is not its own doing.
    if (line === 'outbound') return core.backlogs.counted('a loop over outbound actions');
    return inbound.meter;
  }

  /** Ends the run on one line after its backlog, because the line has lost its function. */
  drop(line: SocketLine): void {
    this[line]?.end('close');
    this[line] = undefined;
  }

  /** Ends all runs. */
  end(mode: 'close' | 'kill'): void {
    this.handshake?.end(mode);
    this.inboundRaw?.end(mode);
    this.inbound?.end(mode);
    this.outbound?.end(mode);
  }

  /** Counts a blocked action, and reports it unless the server is to be silent about them. */
  reportBlocked({ reportedError }: BlockedAction, about?: WarningDetails): void {
    const { core } = this.#owner;
    core.counters.blockedActions++;
    if (core.server.middlewareEmitFailures && reportedError !== undefined) {
      this.#owner.emitError(reportedError, about);
    }
  }

  #fail(error: Error): void {
    this.#owner.countLimit('middlewareTimeout');
    this.#owner.emitError(error);
    // Behind the answer to the action that was pending.
    setImmediate(() => this.#owner.close(closeCodes.internalError));
  }
}

/** A function of the outbound line that threw runs again for the next publication. */
function isToRestart({ line, hasThrown }: MiddlewareLane): boolean {
  return line === 'outbound' && hasThrown;
}
