import type { FleetServer } from '../fleet/types.js';
import { harmless } from '../turns/harmless.js';
import type { FleetSockets, Reached } from './fleet-answers.js';
import type { People } from './people.js';
import {
  type AskOptions,
  closingIn,
  type DisconnectFilter,
  disconnectFilterIn,
  type FleetFilter,
  type ListSocketsOptions,
  listingIn,
  timeoutIn,
} from './people-options.js';

/** What the fleet is asked with. */
export interface FleetOwner {
  readonly people: People;
  /** This server, as it describes itself to the others. */
  self(): FleetServer;
  /** The others. */
  others(): Iterable<FleetServer>;
}

/** All servers that share the broker, this one included: `server.fleet`. Spec: docs/server.md, people. */
export class AGFleet {
  readonly #owner: FleetOwner;

  /** @internal */
  constructor(owner: FleetOwner) {
    this.#owner = owner;
  }

  /**
   * The servers that are alive, this one first. What is known of the others comes from their last heartbeats; nobody is
   * asked.
   */
  servers(): readonly FleetServer[] {
    return [this.#owner.self(), ...this.#owner.others()];
  }

  /**
   * The sockets that are open on all servers, or those of a user or on a channel, in parts of up to `limit`. A socket
   * that opens or closes meanwhile may be missing; none comes twice. Rejects with `InvalidArgumentsError`.
   */
  sockets(options?: ListSocketsOptions & FleetFilter): Promise<FleetSockets> {
    return harmless(
      (async () => {
        const { filter, page, timeoutMs } = listingIn(options, 'fleet.sockets()');
        return this.#owner.people.list(filter, page, timeoutMs);
      })(),
    );
  }

  /**
   * Closes the sockets that fit all that the filter names, as `socket.disconnect()` does. A filter that names nothing is
   * refused with `InvalidArgumentsError`, and so is a code that no close frame may carry.
   */
  disconnect(
    filter: DisconnectFilter,
    code?: number,
    reason?: unknown,
    options?: AskOptions,
  ): Promise<Reached> {
    return harmless(
      (async () => {
        const { people } = this.#owner;
        const timeoutMs = timeoutIn(options, 'fleet.disconnect()');
        return people.disconnect(disconnectFilterIn(filter), closingIn(code, reason), timeoutMs);
      })(),
    );
  }
}
