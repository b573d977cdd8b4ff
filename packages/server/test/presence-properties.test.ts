import fc from 'fast-check';
import { it } from 'vitest';
import { ServerFleet } from '../src/fleet/server-fleet.js';
import { ReplicatedPresence } from '../src/presence/replicated-presence.js';
import { history, play } from './presence/world.js';

// `npm run presence` plays 100,000 histories; the normal run plays fewer. PRESENCE_SEED repeats a run.
const HISTORIES = Number(process.env.PRESENCE_HISTORIES ?? 400);
const SEED = Number(process.env.PRESENCE_SEED ?? Date.now() % 2 ** 31);

it(`all servers agree in the end, in ${HISTORIES} histories (PRESENCE_SEED=${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, (played) => play({ ServerFleet, ReplicatedPresence }, played)),
    { numRuns: HISTORIES, seed: SEED },
  );
});
