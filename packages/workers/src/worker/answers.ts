import { type AGServer, sumMetricFamilies } from '@asyngular/server';
import { sumStats } from '../sums/stats.js';

/** Answers one kind of question; what it returns is sent as JSON. What it throws is the reason of no answer. */
type Answer = (servers: readonly AGServer[], payload: unknown) => unknown;

/** What the primary may ask a worker; see `WorkerQuestions`. `servers` are those of this worker that are not closed. */
export const answers: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['isAlive', () => true],
  ['stats', (servers) => sumStats(servers.map((server) => server.stats()))],
  ['metrics', (servers) => sumMetricFamilies(servers.map((server) => server.metricFamilies()))],
  ['health', (servers) => servers.map((server) => server.health())],
]);
