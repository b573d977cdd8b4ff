// What a fleet's presence consists of, as one module: the tests compile it with mistakes in it.
export { ServerFleet } from '../../src/fleet/server-fleet.js';
export { ReplicatedPresence } from '../../src/presence/replicated-presence.js';
