import type { ServedCall } from '@asyngular/protocol/internal';
import type { HistogramPoint, MetricPoint } from './family.js';
import { DurationHistogram } from './histogram.js';
import { OTHER } from './other.js';
import { type Turn, type TurnEnd, TurnTimes } from './turn-times.js';

/**
 * What became of a call:
 * - `ok`: answered with a result, or with a stream that has ended.
 * - `error`: failed with an error that was made to be sent.
 * - `internal`: failed with any other error, or with a result that the contract does not allow.
 * - `cancelled`: withdrawn by its caller, or its connection was lost, before it was answered.
 * - `unhandled`: nobody handles the procedure.
 * - `refused`: it never reached the application: middleware, the contract or a limit kept it away.
 */
export const callOutcomes = [
  'ok',
  'error',
  'internal',
  'cancelled',
  'unhandled',
  'refused',
] as const;

export type CallOutcome = (typeof callOutcomes)[number];

/** The beginning of calls that are not timed. */
const UNTIMED: Turn = { startedAtMs: 0 };

/** Procedures that have values of their own; further ones count as others. */
const MAX_PROCEDURES = 200;

/** The calls of one procedure. */
class ProcedureCalls {
  readonly outcomes: Record<CallOutcome, number> = {
    ok: 0,
    error: 0,
    internal: 0,
    cancelled: 0,
    unhandled: 0,
    refused: 0,
  };
  readonly durations = new DurationHistogram();
}

/**
 * Counts and times the calls of all clients. Procedures have values of their own when the server declares them, by a
 * handler or its contract: the others have names that clients choose, and count together.
 */
export class CallMeter {
  /** Whether calls are timed, too: clocks cost more than counters, so only where somebody looks at metrics. */
  isTimed = false;
  /** Calls that wait for their end. */
  inFlight = 0;
  /** Those of them that are, or want to be, answered by a stream, or bring one. */
  openStreams = 0;
  /** Such calls since the start. */
  streams = 0;
  /** Whether the server has a handler for the procedure, or its contract names it. */
  readonly isDeclared: (procedure: string) => boolean;
  readonly #declared = new Map<string, ProcedureCalls>();
  readonly #others = new ProcedureCalls();
  readonly #times: TurnTimes;

  constructor(isDeclared: (procedure: string) => boolean, turnEnd: TurnEnd) {
    this.isDeclared = isDeclared;
    this.#times = new TurnTimes(turnEnd);
  }

  /** A call has reached the application. */
  begin(call: ServedCall): void {
    call.since = this.isTimed ? this.#times.begin() : UNTIMED;
    this.inFlight++;
    if (call.isStream) {
      this.streams++;
      this.openStreams++;
    }
  }

  /** What became of it. Only the first word on a call counts; whether this is it. */
  end(call: ServedCall, outcome: CallOutcome): boolean {
    const { since, procedure } = call;
    if (since === undefined) return false;
    call.since = undefined;
    this.inFlight--;
    if (call.isStream) this.openStreams--;
    const calls = this.#callsOf(procedure);
    calls.outcomes[outcome]++;
    if (since !== UNTIMED) this.#times.end(since, calls.durations);
    return true;
  }

  /** A call has not got to the application. */
  refuse(procedure: string): void {
    this.#callsOf(procedure).outcomes.refused++;
  }

  /**
   * Calls by procedure and outcome. Outcomes that have not come up are 0: what appears with a value of 1 has not risen, so
   * that nobody would hear of a first error.
   */
  counts(): MetricPoint[] {
    return this.#all().flatMap(([procedure, { outcomes }]) =>
      callOutcomes.map((outcome) => ({
        labels: { procedure, outcome },
        value: outcomes[outcome],
      })),
    );
  }

  /** How long calls took that have reached the application, by procedure. */
  durations(): HistogramPoint[] {
    this.#times.settle();
    return this.#all().map(([procedure, { durations }]) => durations.point({ procedure }));
  }

  #callsOf(procedure: string): ProcedureCalls {
    const known = this.#declared.get(procedure);
    if (known !== undefined) return known;
    if (this.#declared.size >= MAX_PROCEDURES || !this.isDeclared(procedure)) return this.#others;
    const calls = new ProcedureCalls();
    this.#declared.set(procedure, calls);
    return calls;
  }

  #all(): (readonly [procedure: string, calls: ProcedureCalls])[] {
    return [...this.#declared, [OTHER, this.#others]];
  }
}
