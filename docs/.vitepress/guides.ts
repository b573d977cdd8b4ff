import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The guides as one reads them: from the first program to the reasons. Titles carry the same numbers. */
export const groups: readonly { readonly title: string; readonly names: readonly string[] }[] = [
  {
    title: 'First steps',
    names: ['quickstart', 'socket-io', 'streams', 'client-guide', 'server-guide'],
  },
  {
    title: 'What applications need',
    names: [
      'authentication',
      'middleware',
      'recovery',
      'presence',
      'streams-of-results',
      'contract',
      'values',
      'react',
      'store',
      'recipes',
      'testing',
      'troubleshooting',
    ],
  },
  {
    title: 'In production',
    names: [
      'scaling',
      'deploying',
      'sizing',
      'metrics',
      'inspector',
      'cli',
      'security',
      'performance',
    ],
  },
  {
    title: 'To look things up',
    names: [
      'client',
      'server',
      'what-you-see',
      'protocol',
      'migrating',
      'architecture',
      'adr/README',
    ],
  },
];

export const guides = groups.flatMap(({ names }) => names);

/** The first heading of a page. */
export function titleOf(name: string): string {
  const text = readFileSync(resolve(import.meta.dirname, `../${name}.md`), 'utf8');
  return text.match(/^# (.+)$/m)?.[1] ?? name;
}
