import type { Goal, Scenario } from '../scenarios.js';
import type { Sample } from './sample.js';

/** All samples of one subject in one scenario. */
export interface SubjectResult {
  subject: string;
  label: string;
  samples: Sample[];
  /** Median of the samples' values. */
  median: number;
  /** Largest distance of a sample from the median, as a share of it. */
  spread: number;
  /** Why a sample could not be taken; the subject then has no part in the scenario's ratios. */
  error?: string;
}

export interface GoalResult {
  text: string;
  /** What was reached, in the goal's own terms (a ratio, or the unit). */
  reached: number | undefined;
  met: boolean | undefined;
  /** The value our bar must not pass, in the scenario's unit. */
  limit: number | undefined;
}

export interface ScenarioResult {
  scenario: Scenario;
  results: SubjectResult[];
  goals: GoalResult[];
}

export function summarize(
  subject: { id: string; label: string },
  samples: Sample[],
  error?: string,
): SubjectResult {
  const values = samples.map(({ value }) => value).sort((a, b) => a - b);
  const middle = values.length >> 1;
  const median =
    values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
  const spread = Math.max(...values.map((value) => Math.abs(value - median))) / median;
  return { subject: subject.id, label: subject.label, samples, median, spread, error };
}

/** Median of a subject that took part without an error. */
export function medianOf(results: SubjectResult[], subject: string): number | undefined {
  const result = results.find((candidate) => candidate.subject === subject);
  return result === undefined || result.error !== undefined ? undefined : result.median;
}

/** Compares our medians with the scenario's goals. */
export function judge(scenario: Scenario, results: SubjectResult[]): GoalResult[] {
  return scenario.goals.map((goal) => {
    const judged = judgeGoal(goal, results, medianOf(results, goal.of ?? 'asyngular'));
    const label = results.find(({ subject }) => subject === goal.of)?.label;
    return label === undefined ? judged : { ...judged, text: `${label}: ${judged.text}` };
  });
}

function judgeGoal(goal: Goal, results: SubjectResult[], ours: number | undefined): GoalResult {
  if (goal.kind === 'absolute') {
    const met = ours === undefined ? undefined : ours <= goal.value;
    return { text: `≤ ${goal.value}`, reached: ours, met, limit: goal.value };
  }
  const label = results.find(({ subject }) => subject === goal.subject)?.label ?? goal.subject;
  const other = medianOf(results, goal.subject);
  const known = ours !== undefined && other !== undefined;
  if (goal.kind === 'at-most') {
    const reached = known ? ours / other : undefined;
    return {
      text: `≤ ${goal.times} × ${label}`,
      reached,
      met: reached === undefined ? undefined : reached <= goal.times,
      limit: other === undefined ? undefined : other * goal.times,
    };
  }
  const reached = known ? other / ours : undefined;
  return {
    text: `≥ ${goal.times} × cheaper than ${label}`,
    reached,
    met: reached === undefined ? undefined : reached >= goal.times,
    limit: other === undefined ? undefined : other / goal.times,
  };
}
