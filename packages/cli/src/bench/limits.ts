import { type ExitCode, exitCodes } from '../exit-codes.js';
import type { BenchOutcome } from './outcome.js';

/** Limits of a run, by the names of their options. */
export interface BenchLimits {
  /** Lost deliveries or answers, in percent of those expected. */
  readonly maxLoss?: number;
  /** ms. */
  readonly maxP99?: number;
  /** Connections that could not be made. */
  readonly maxFailed?: number;
  /** Deliveries that came twice. */
  readonly maxDuplicate?: number;
}

/** What became of a limit. */
export interface JudgedLimit {
  readonly name: string;
  readonly limit: number;
  readonly value: number;
  readonly isKept: boolean;
}

/** Values that limits are compared with. */
const measures: { readonly [Name in keyof BenchLimits]-?: (outcome: BenchOutcome) => number } = {
  maxLoss: ({ messages: { lost, unsent, expected } }) =>
    ((lost + unsent) * 100) / Math.max(1, expected + unsent),
  maxP99: ({ latency }) => latency.p99,
  maxFailed: ({ connections: { failed } }) => Object.values(failed).reduce((a, b) => a + b, 0),
  maxDuplicate: ({ messages }) => messages.duplicate,
};

/** Each limit that was given, and whether it was kept. */
export function judge(outcome: BenchOutcome, limits: BenchLimits): JudgedLimit[] {
  return Object.entries(measures).flatMap(([name, measure]) => {
    const limit = limits[name as keyof BenchLimits];
    if (limit === undefined) return [];
    const value = measure(outcome);
    return [{ name, limit, value, isKept: value <= limit }];
  });
}

/** A generator that is saturated cannot say that a limit was missed, nor that it was kept. */
export function exitCodeOf(outcome: BenchOutcome, judged: readonly JudgedLimit[]): ExitCode {
  if (outcome.generator.saturated.length > 0) return exitCodes.saturated;
  return judged.every(({ isKept }) => isKept) ? exitCodes.done : exitCodes.limitMissed;
}
