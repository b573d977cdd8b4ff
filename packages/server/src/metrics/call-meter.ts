import type { HistogramPoint, MetricPoint } from './family.js';
import { DurationHistogram } from './histogram.js';
import { OTHER } from './other.js';
import type { Turn, TurnTimes } from './turn-times.js';

/** Procedures that have values of their own; further ones count as others. */
const MAX_PROCEDURES = 200;

/** What is measured of a call. */
export interface MeasuredCall {
  readonly procedure: string;
  /** Whether it asks for a stream, or brings one. */
  readonly isStream: boolean;
  /** When it began; undefined: it is over. */
  since: Turn | undefined;
}

/** The calls of one procedure. */
class ProcedureCalls<Outcome extends string> {
  readonly outcomes: Record<Outcome, number>;
  readonly durations = new DurationHistogram();

  constructor(outcomes: readonly Outcome[]) {
    const counts = outcomes.map((outcome) => [outcome, 0] as const);
    this.outcomes = Object.fromEntries(counts) as Record<Outcome, number>;
  }
}

/**
 * Counts and times the calls in one direction. Procedures have values of their own when the server declares them, by a
 * handler or its contract: the others have names that may come from clients, and count together.
 */
export class CallMeter<Outcome extends string> {
  /** Calls that wait for their end. */
  inFlight = 0;
  /** Those of them that have a stream. */
  openStreams = 0;
  /** Such calls since the start. */
  streams = 0;
  /** Whether the server declares the procedure. */
  readonly isDeclared: (procedure: string) => boolean;
  readonly #outcomes: readonly Outcome[];
  readonly #times: TurnTimes;
  readonly #declared = new Map<string, ProcedureCalls<Outcome>>();
  readonly #others: ProcedureCalls<Outcome>;

  constructor(
    outcomes: readonly Outcome[],
    times: TurnTimes,
    isDeclared: (procedure: string) => boolean,
  ) {
    this.#outcomes = outcomes;
    this.#times = times;
    this.isDeclared = isDeclared;
    this.#others = new ProcedureCalls(outcomes);
  }

  /** A call has begun. */
  begin(call: MeasuredCall): void {
    call.since = this.#times.begin();
    this.inFlight++;
    if (call.isStream) {
      this.streams++;
      this.openStreams++;
    }
  }

  /** What became of it. Only the first word on a call counts; whether this is it. */
  end(call: MeasuredCall, outcome: Outcome): boolean {
    const { since, procedure } = call;
    if (since === undefined) return false;
    call.since = undefined;
    this.inFlight--;
    if (call.isStream) this.openStreams--;
    const calls = this.#callsOf(procedure);
    calls.outcomes[outcome]++;
    this.#times.end(since, calls.durations);
    return true;
  }

  /** What became of a call that did not begin. */
  count(procedure: string, outcome: Outcome): void {
    this.#callsOf(procedure).outcomes[outcome]++;
  }

  /**
   * Calls by procedure and outcome. Outcomes that have not come up are 0: what appears with a value of 1 has not risen, so
   * that nobody would hear of a first error.
   */
  counts(): MetricPoint[] {
    return this.#all().flatMap(([procedure, { outcomes }]) =>
      this.#outcomes.map((outcome) => ({
        labels: { procedure, outcome },
        value: outcomes[outcome],
      })),
    );
  }

  /** How long calls took that have begun, by procedure. */
  durations(): HistogramPoint[] {
    this.#times.settle();
    return this.#all().map(([procedure, { durations }]) => durations.point({ procedure }));
  }

  #callsOf(procedure: string): ProcedureCalls<Outcome> {
    const known = this.#declared.get(procedure);
    if (known !== undefined) return known;
    if (this.#declared.size >= MAX_PROCEDURES || !this.isDeclared(procedure)) return this.#others;
    const calls = new ProcedureCalls(this.#outcomes);
    this.#declared.set(procedure, calls);
    return calls;
  }

  #all(): (readonly [procedure: string, calls: ProcedureCalls<Outcome>])[] {
    return [...this.#declared, [OTHER, this.#others]];
  }
}
