import fc from 'fast-check';
import { it } from 'vitest';
import { RecoverableChannel } from '../src/recovery/recoverable-channel.js';
import { history, play } from './recovery/world.js';

// `npm run recovery` plays 100,000 histories; the normal run plays fewer. RECOVERY_SEED repeats a run.
const HISTORIES = Number(process.env.RECOVERY_HISTORIES ?? 1_000);
const SEED = Number(process.env.RECOVERY_SEED ?? Date.now() % 2 ** 31);

it(`keeps its promises in ${HISTORIES} histories (RECOVERY_SEED=${SEED})`, {
  timeout: 1_800_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(history, (played) => play(RecoverableChannel, played)),
    { numRuns: HISTORIES, seed: SEED },
  );
});
