import type { Scenario } from '../scenarios.js';
import type { Subject } from '../subjects.js';
import { judge, type ScenarioResult, summarize } from './results.js';
import { type Sample, takeSample, takesPart } from './sample.js';

export interface RoundOptions {
  seconds: number;
  rounds: number;
  /** Path of the profile of a subject's last round, when profiles are wanted. */
  profilePath?: (scenario: Scenario, subject: Subject) => string;
  onProgress: (text: string) => void;
}

/**
 * Measures every subject once per round, A B C A B C, so that a slow minute of the machine falls on
 * all of them. A subject that fails is tried once more (the machine may have been elsewhere), then
 * left out of the remaining rounds and reported.
 */
export async function measureScenario(
  scenario: Scenario,
  subjects: Subject[],
  { seconds, rounds, profilePath, onProgress }: RoundOptions,
): Promise<ScenarioResult> {
  const taking = subjects.filter((subject) => takesPart(subject, scenario));
  const samples = new Map<Subject, Sample[]>(taking.map((subject) => [subject, []]));
  const errors = new Map<Subject, string>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const subject of taking) {
      if (errors.has(subject)) continue;
      onProgress(`${scenario.id}: round ${round} of ${rounds}, ${subject.label}`);
      const profile = round === rounds ? profilePath?.(scenario, subject) : undefined;
      try {
        const sample = await takeSample(scenario, subject, { seconds, profile }).catch(() => {
          return takeSample(scenario, subject, { seconds, profile });
        });
        samples.get(subject)!.push(sample);
      } catch (error) {
        errors.set(subject, (error as Error).message);
      }
    }
  }
  const results = taking.map((subject) => {
    return summarize(subject, samples.get(subject)!, errors.get(subject));
  });
  return { scenario, results, goals: judge(scenario, results) };
}
