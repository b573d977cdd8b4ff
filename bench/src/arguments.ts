import { parseArgs } from 'node:util';
import { type Scenario, scenarios } from './scenarios.js';
import { type Subject, subjects } from './subjects.js';

export const usage = `npm run bench -- [options]

  --scenario <names>  scenarios to run, separated by commas; part of a name is enough
  --only <names>      subjects to measure, separated by commas (exact names)
  --seconds <n>       length of one measurement (default 2)
  --rounds <n>        measurements of each subject; the median is shown (default 3)
  --profile           also write a CPU profile of each measured process and print its hot spots
  --output <folder>   where the report goes (default bench/results)
  --list              print the names of scenarios and subjects
  --help              print this text`;

export interface Arguments {
  scenarios: Scenario[];
  subjects: Subject[];
  seconds: number;
  rounds: number;
  profile: boolean;
  output: string | undefined;
  show: 'list' | 'help' | undefined;
}

/** Reads the command line; throws with a sentence for the user when it makes no sense. */
export function parseArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: 'string' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      profile: { type: 'boolean', default: false },
      output: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    scenarios: select('scenario', scenarios, values.scenario, (id, part) => id.includes(part)),
    subjects: select('subject', subjects, values.only, (id, name) => id === name),
    seconds: positive('seconds', values.seconds),
    rounds: Math.ceil(positive('rounds', values.rounds)),
    profile: values.profile,
    output: values.output,
    show: values.help ? 'help' : values.list ? 'list' : undefined,
  };
}

function select<Item extends { id: string }>(
  kind: string,
  items: Item[],
  list: string | undefined,
  matches: (id: string, name: string) => boolean,
): Item[] {
  if (list === undefined) return items;
  const names = list.split(',').filter(Boolean);
  for (const name of names) {
    // A full name means that one alone: `idle`, not everything that contains it.
    if (!items.some(({ id }) => matches(id, name))) {
      throw new Error(
        `No ${kind} is named ${name}. Known: ${items.map(({ id }) => id).join(', ')}.`,
      );
    }
  }
  return items.filter(({ id }) => {
    return names.some((name) => {
      return items.some((item) => item.id === name) ? id === name : matches(id, name);
    });
  });
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} must be a number above 0, not ${text}.`);
}
