import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The guides as one reads them: from the first program to the reasons. Titles carry the same numbers. */
export const guides = [
  'quickstart',
  'socket-io',
  'streams',
  'client-guide',
  'server-guide',
  'authentication',
  'middleware',
  'troubleshooting',
  'testing',
  'scaling',
  'deploying',
  'sizing',
  'metrics',
  'inspector',
  'cli',
  'recovery',
  'presence',
  'streams-of-results',
  'contract',
  'react',
  'store',
  'performance',
  'security',
  'recipes',
  'migrating',
  'client',
  'server',
  'protocol',
  'architecture',
  'adr/README',
] as const;

/** The first heading of a page. */
export function titleOf(name: string): string {
  const text = readFileSync(resolve(import.meta.dirname, `../${name}.md`), 'utf8');
  return text.match(/^# (.+)$/m)?.[1] ?? name;
}
