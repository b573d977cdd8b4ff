import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const brokerNames = ['nats', 'redis'] as const;
export type BrokerName = (typeof brokerNames)[number];

export interface Settings {
  readonly port: number;
  readonly broker: BrokerName;
  /** Where the broker is; undefined: `npm start` starts one on this machine, and the server alone needs none. */
  readonly brokerUrl: string | undefined;
  readonly workers: number;
  /** Over how long a leaving worker sends its clients away, in ms. */
  readonly drainMs: number;
  /** NATS servers that keep a copy of what was said. */
  readonly logReplicas: number;
}

export const usage = `npm start --workspace examples/cluster -- [--broker nats|redis] [--workers n] [--port n]

  --broker   (BROKER)      nats or redis, default nats
  --workers  (WORKERS)     server processes, default one per core
  --port     (PORT)        default 8000
  --url      (BROKER_URL)  nats://… or redis://…; without it a broker is started on this machine
             (DRAIN_MS)    over how many ms a leaving worker sends its clients away, default 10000
             (LOG_REPLICAS) NATS servers that keep a copy of the history, default 1
             (AUTH_KEY)    secret that signs tokens, the same on all machines`;

/** Flags first, then the environment, then defaults. Throws with a sentence that says what to change. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      broker: { type: 'string' },
      workers: { type: 'string' },
      port: { type: 'string' },
      url: { type: 'string' },
    },
  });
  const broker = values.broker ?? env.BROKER ?? 'nats';
  if (!brokerNames.includes(broker as BrokerName)) {
    throw new Error(`The broker is "${broker}"; it must be ${brokerNames.join(' or ')}.`);
  }
  const workers = values.workers ?? env.WORKERS ?? 'auto';
  return {
    broker: broker as BrokerName,
    brokerUrl: values.url ?? env.BROKER_URL,
    workers:
      workers === 'auto'
        ? availableParallelism()
        : readNumber('number of workers', workers, 1, 1024),
    port: readNumber('port', values.port ?? env.PORT ?? '8000', 0, 65_535),
    drainMs: readNumber('DRAIN_MS', env.DRAIN_MS ?? '10000', 0, 600_000),
    logReplicas: readNumber('LOG_REPLICAS', env.LOG_REPLICAS ?? '1', 1, 5),
  };
}

function readNumber(what: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`The ${what} is "${text}"; it must be a whole number from ${min} to ${max}.`);
}
