import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A guide of docs/, taken apart for the tests that compare it with the public API. */
export class DocsPage {
  readonly text: string;
  /** All compiled examples. */
  readonly examples: string;

  constructor(name: string) {
    this.text = readFileSync(join(root, 'docs', name), 'utf8');
    this.examples = examplesIn(this.text);
  }

  /** From one heading to the next. */
  section(heading: string): string {
    const [, rest] = this.text.split(`\n${heading}\n`);
    return rest?.split(/\n##+ /)[0] ?? '';
  }
}

/** The compiled examples of a text. */
export function examplesIn(text: string): string {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]).join('\n');
}

/** Examples and what is marked as code in sentences and tables. */
export function codeIn(text: string): string {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const marked = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]);
  return `${examplesIn(text)}\n${marked.join('\n')}`;
}

/** Members of a class or interface of a package, as test/api.test.ts writes them down. */
export function membersOf(packageName: string, declaration: string): string[] {
  const api = readFileSync(join(root, `test/api/${packageName}.txt`), 'utf8').split('\n');
  const begin = api.indexOf(declaration) + 1;
  const end = api.findIndex((line, index) => index >= begin && !line.startsWith('  '));
  const members = api.slice(begin, end).map((line) => line.trim().replace(/^static /, ''));
  return begin === 0 ? [] : [...new Set(members)];
}

/** Whether the text has the name as a word of its own. */
export function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replace(/[[\]().]/g, '\\$&')}(?![\\w$])`).test(text);
}
