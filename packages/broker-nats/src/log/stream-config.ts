import { createHash } from 'node:crypto';
import type { LogPolicy } from '@asyngular/broker';

/**
 * Channels whose logs have sizes of one order of magnitude share a stream, which keeps as much of each as
 * the largest of them asks for. So a size or a ttl that changes from one deployment to the next changes a stream, and
 * does not divide a channel between the old servers and the new ones.
 */
const CLASSES = [1, 10, 100, 1_000, 10_000] as const;
const NANOS_PER_MS = 1_000_000;
const MAX_NAME_LENGTH = 64;

/** Options of the log on JetStream. */
export interface NatsLogOptions {
  /** Copies of each stream, on as many servers of a cluster (1 to 5, default 1). */
  replicas?: number | undefined;
  /**
   * Where streams are kept: `memory` (default), lost with the server (with one replica), or `file`, which
   * survives its restart.
   */
  storage?: 'file' | 'memory' | undefined;
  /**
   * Most bytes of each stream (default: the limits of the account). At the limit publications are refused until
   * older ones expire; nothing is dropped to make room.
   */
  maxBytes?: number | undefined;
}

/** The part of a stream's configuration that the log cares about; the rest is handed back as it came. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention: string;
  readonly storage: string;
  readonly discard: string;
  readonly num_replicas: number;
  readonly max_msgs_per_subject: number;
  /** In nanoseconds, like `duplicate_window`. */
  readonly max_age: number;
  readonly duplicate_window: number;
  readonly max_bytes: number;
  readonly allow_direct: boolean;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
  readonly republish?: { readonly src: string; readonly dest: string };
}

/** The class of a size: its upper end. */
export function classOf(size: number): number {
  return CLASSES.find((limit) => size <= limit) ?? CLASSES.at(-1)!;
}

/** The stream of a class. Stream names have no dots, and no two prefixes share one. */
export function streamName(prefix: string, sizeClass: number): string {
  const plain = prefix.replaceAll(/[^\w-]/g, '_');
  if (plain === prefix && plain.length <= MAX_NAME_LENGTH) return `${plain}-log-${sizeClass}`;
  const hash = createHash('sha256').update(prefix).digest('hex').slice(0, 8);
  return `${plain.slice(0, MAX_NAME_LENGTH)}-${hash}-log-${sizeClass}`;
}

/** What all streams of a fleet have in common. */
export interface FleetStreams extends NatsLogOptions {
  readonly prefix: string;
  /** How long, in ms, a publication may be sent again, and must be recognised then. */
  readonly resendMs: number;
}

/** What a stream must be to hold logs with this policy. */
export function createConfig(
  { prefix, resendMs, replicas = 1, storage = 'memory', maxBytes = -1 }: FleetStreams,
  policy: LogPolicy,
): StreamConfig {
  const sizeClass = classOf(policy.size);
  const subjects = `${prefix}.log.${sizeClass}.>`;
  const windowMs = Math.max(policy.idempotencyWindowMs, resendMs);
  return {
    name: streamName(prefix, sizeClass),
    subjects: [subjects],
    retention: 'limits',
    storage,
    num_replicas: replicas,
    // The publication before the kept ones proves that none of these is gone.
    max_msgs_per_subject: policy.size + 1,
    // JetStream counts from each publication, not from the last one: who leaves when the last publication is a
    // ttl old, and stays away for a ttl, still finds it.
    max_age: Math.max(2 * policy.ttlMs, windowMs) * NANOS_PER_MS,
    duplicate_window: windowMs * NANOS_PER_MS,
    // Without room a publication is refused. Others may not vanish in its favour: nobody could tell.
    discard: 'new',
    max_bytes: maxBytes,
    allow_direct: true,
    // What was deleted by hand could not be told from what never was.
    deny_delete: true,
    deny_purge: true,
    republish: { src: subjects, dest: `${prefix}.live.${sizeClass}.>` },
  };
}

/** Whether a stream keeps all that a policy asks for; cheap, as it is asked with every publication. */
export function isEnough(
  config: StreamConfig,
  { size, ttlMs, idempotencyWindowMs }: LogPolicy,
): boolean {
  return (
    size < config.max_msgs_per_subject &&
    2 * ttlMs * NANOS_PER_MS <= config.max_age &&
    idempotencyWindowMs * NANOS_PER_MS <= config.duplicate_window
  );
}

/** The configuration that suits both, if it is another than the present one. Nothing is ever lowered. */
export function raiseConfig(present: StreamConfig, wanted: StreamConfig): StreamConfig | undefined {
  const raised: StreamConfig = {
    ...present,
    max_msgs_per_subject: Math.max(present.max_msgs_per_subject, wanted.max_msgs_per_subject),
    max_age: Math.max(present.max_age, wanted.max_age),
    duplicate_window: Math.max(present.duplicate_window, wanted.duplicate_window),
    num_replicas: Math.max(present.num_replicas, wanted.num_replicas),
    max_bytes: wanted.max_bytes === -1 ? present.max_bytes : wanted.max_bytes,
  };
  const names = Object.keys(raised) as (keyof StreamConfig)[];
  return names.some((name) => raised[name] !== present[name]) ? raised : undefined;
}

/** Settings without which what a stream tells about a log may be wrong. */
const ESSENTIAL = ['retention', 'discard', 'deny_delete', 'deny_purge'] as const;

/** Why a stream that exists cannot hold logs; `undefined`: it can. */
export function unfitness(present: StreamConfig, wanted: StreamConfig): string | undefined {
  const name = ESSENTIAL.find((key) => present[key] !== wanted[key]);
  if (name) return `its ${name} is ${String(present[name])}, not ${String(wanted[name])}`;
  if (present.subjects.join() !== wanted.subjects.join()) {
    return `its subjects are ${present.subjects.join(', ')}, not ${wanted.subjects.join(', ')}`;
  }
  const { src, dest } = present.republish ?? {};
  if (src === wanted.republish?.src && dest === wanted.republish?.dest) return undefined;
  return `it republishes ${src} to ${dest}, not ${wanted.republish?.src} to ${wanted.republish?.dest}`;
}
