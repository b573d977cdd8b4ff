// Process of the load generator.
import { createSigner } from 'fast-jwt';
import { answerRequests } from '../control/answer-requests.js';
import { authKey } from '../payload.js';
import { Calls } from './calls.js';
import { Connect, Idle, Resubscribe } from './connections.js';
import { type DialectName, dialects } from './dialects.js';
import { FanOut } from './fan-out.js';
import { Flood } from './flood.js';
import { Kept } from './kept.js';
import type { Load, LoadContext, LoadParams, LoadResult } from './load.js';
import { ManyChannels } from './many-channels.js';

const loads = {
  'fan-out': FanOut,
  'many-channels': ManyChannels,
  calls: Calls,
  flood: Flood,
  connect: Connect,
  resubscribe: Resubscribe,
  idle: Idle,
  kept: Kept,
} satisfies Record<string, new (context: LoadContext) => Load>;

export type LoadName = keyof typeof loads;

export interface PrepareRequest {
  load: LoadName;
  dialect: DialectName;
  port: number;
  params: LoadParams;
}

const token = createSigner({ key: authKey, expiresIn: 3_600_000 })({ user: 'user-0042' });
let load: Load;

/** What a run is answered with. */
export type LoadOutcome = LoadResult & { loadCpuMicros: number };

answerRequests({
  prepare: ({ load: name, dialect, port, params }: PrepareRequest) => {
    load = new loads[name]({ dialect: dialects[dialect], port, params, token });
    return load.prepare();
  },
  run: async ({ durationMs, rate }: { durationMs: number; rate?: number }) => {
    const before = process.cpuUsage();
    const result = await load.run(durationMs, rate);
    const { user, system } = process.cpuUsage(before);
    return { ...result, loadCpuMicros: user + system };
  },
});
