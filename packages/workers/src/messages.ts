import type { DrainOptions, MetricsOptions } from '@asyngular/server';

/** What servers of a worker take where their options say nothing. */
export interface WorkerSettings {
  readonly authKey: string;
  /** Where the hubs of the machine have their sockets; `undefined` where there are none. */
  readonly hubFolder: string | undefined;
  readonly speaksForAll: boolean;
  readonly reusePort: boolean;
  /** How it leaves when it gets a SIGTERM of its own; `timeout` is that of every leaving. */
  readonly drain: DrainOptions & Required<Pick<DrainOptions, 'spread' | 'timeout'>>;
}

/** What the primary says to a worker. Secrets travel here, where no other process of the machine can read them. */
export type ToWorker =
  | { readonly type: 'settings'; readonly settings: WorkerSettings }
  | {
      readonly type: 'question';
      readonly id: number;
      readonly kind: string;
      readonly payload: unknown;
    }
  /** Let nobody in any more. */
  | { readonly type: 'refuse' }
  | { readonly type: 'leave'; readonly drain: DrainOptions };

/** What a worker says to the primary. */
export type ToPrimary =
  /** It listens to what the primary says, which is the settings first. Node drops what comes before. */
  | { readonly type: 'hello' }
  /** All its servers take clients. */
  | { readonly type: 'ready'; readonly ports: readonly number[] }
  /** It ends with what was thrown, unless the application goes on nevertheless. */
  | { readonly type: 'thrown'; readonly error: string; readonly code: string | undefined }
  /** It was asked to end by somebody else, and is on its way. */
  | { readonly type: 'leaving' }
  /** A server of it needs the hub of this path. */
  | { readonly type: 'hub'; readonly path: string }
  /** A server of it has the option `metrics`. */
  | { readonly type: 'metrics'; readonly options: MetricsOptions }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'noAnswer'; readonly id: number; readonly reason: string };

/** Holds each message of ours, so that those of the application on the same channel are told apart. */
const ENVELOPE = '@asyngular/workers';

export function toEnvelope(message: ToWorker | ToPrimary): Record<string, unknown> {
  return { [ENVELOPE]: message };
}

/** The message in an envelope; `undefined` for what the application sent. Both ends are of one version. */
export function fromEnvelope<Message extends ToWorker | ToPrimary>(
  received: unknown,
): Message | undefined {
  if (typeof received !== 'object' || received === null) return undefined;
  const message = (received as Record<string, unknown>)[ENVELOPE];
  return isMessage(message) ? (message as Message) : undefined;
}

function isMessage(value: unknown): value is { type: string } {
  return typeof value === 'object' && value !== null && 'type' in value;
}
