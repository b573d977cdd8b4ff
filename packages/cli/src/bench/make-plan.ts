import { randomBytes } from 'node:crypto';
import { CommandError } from '../command-error.js';
import type { ConnectionOptions } from '../connection/connection-options.js';
import { parseServerUrl, showUrl } from '../connection/server-url.js';
import { exitCodes } from '../exit-codes.js';
import { type DialectName, dialects } from './dialects.js';
import { type BenchPlan, deliveriesPerMessage, type Scenario } from './plan.js';

/** The options of `asyngular bench` that make its plan. */
export interface PlanOptions
  extends Pick<ConnectionOptions, 'origin' | 'header' | 'insecure' | 'timeout'> {
  readonly url: string;
  readonly protocol: DialectName;
  readonly clients: number;
  readonly publishers: number;
  readonly channels?: number;
  readonly subscriptions: number;
  readonly rate: number;
  readonly duration: number;
  readonly connectRate: number;
  readonly bytes: number;
  readonly procedure: string;
  readonly patience: number;
}

/** How many of what a scenario has; what it does not use is 0. */
const shapes: {
  readonly [Name in Scenario]: (
    options: PlanOptions,
  ) => Pick<BenchPlan, 'publishers' | 'channels' | 'subscriptions'>;
} = {
  'fan-out': ({ publishers }) => ({ publishers, channels: 1, subscriptions: 1 }),
  channels: ({ publishers, channels = 100, subscriptions }) => ({
    publishers,
    channels,
    subscriptions: Math.min(channels, subscriptions),
  }),
  calls: () => ({ publishers: 0, channels: 0, subscriptions: 0 }),
  connect: () => ({ publishers: 0, channels: 0, subscriptions: 0 }),
};

/** Deliveries of one run beyond which its accounts would fill the memory: each is a bit for each subscriber. */
const MAX_EXPECTED = 1e9;

/** The plan of a run. Throws a `CommandError` for what cannot work. */
export function makePlan(
  scenario: Scenario,
  options: PlanOptions,
  token: string | null,
): BenchPlan {
  const { protocol, header = [], origin } = options;
  const { path, query } = dialects[protocol];
  const server = parseServerUrl(options.url, path);
  const plan: BenchPlan = {
    run: randomBytes(4).toString('hex'),
    scenario,
    url: showUrl(server),
    query: [server.query, query].filter(Boolean).join('&'),
    dialect: protocol,
    headers: { ...Object.fromEntries(header), ...(origin !== undefined && { origin }) },
    insecure: options.insecure ?? false,
    token,
    clients: options.clients,
    rate: options.rate,
    durationMs: options.duration * 1_000,
    connectRate: options.connectRate,
    bytes: options.bytes,
    procedure: options.procedure,
    timeoutMs: options.timeout,
    patienceMs: options.patience,
    ...shapes[scenario](options),
  };
  const expected = plan.rate * options.duration * deliveriesPerMessage(plan);
  if (expected > MAX_EXPECTED) {
    throw new CommandError(
      exitCodes.usage,
      `This run would have ${expected} deliveries to keep account of, and at most ${MAX_EXPECTED} are possible; lower --rate, --duration or --clients`,
    );
  }
  return plan;
}
