import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AGClientSocket } from '@asyngular/client';
import { AGServer, AGServerSocket } from '@asyngular/server';
import { describe, expect, it } from 'vitest';
import { codeIn, DocsPage, membersOf, mentions } from '../test/support/docs-page.js';
import { loadPeer, peerPath } from './support/peers.js';

// docs/migrating.md leaves nothing out. What the published packages read from their options, emit and have
// as members is named there; members may also be here under the same name.

const page = new DocsPage('migrating.md');
const clientEvents = page.section('### Client events');
const serverEvents = page.section('### Server events');

/** The package's own code in a folder. */
function sourceOf(alias: string, folder: string): string {
  const path = join(dirname(peerPath(alias)), folder);
  const files = readdirSync(path).filter((name) => /^[a-z]+\.js$/.test(name));
  return files.map((file) => readFileSync(join(path, file), 'utf8')).join('\n');
}

function namesIn(source: string, pattern: RegExp): string[] {
  return [...new Set([...source.matchAll(pattern)].map((match) => match[1]!))].sort();
}

function unnamed(names: readonly string[], text: string): string[] {
  const code = codeIn(text);
  return names.filter((name) => !mentions(code, name));
}

function publicMembers({ prototype }: { prototype: object }): string[] {
  const names: string[] = [];
  for (let it = prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    names.push(...Object.getOwnPropertyNames(it));
  }
  return names.filter((name) => !name.startsWith('_'));
}

describe.each([
  ['socketcluster-client 20.0.2', 'socketcluster-client', 'lib', clientEvents],
  ['asyngular-client 6.2.4', 'asyngular-client', 'lib', clientEvents],
  ['socketcluster-server 20.0.1', 'socketcluster-server', '.', serverEvents],
  ['asyngular-server 6.2.1', 'asyngular-server', '.', serverEvents],
] as const)('docs/migrating.md names, of %s,', (peer, alias, folder, eventsSection) => {
  const source = sourceOf(alias, folder);
  const published = loadPeer(peer);

  it('every option', () => {
    const options = namesIn(source, /\b(?:opts|options|[a-z]+Options)\.(\w+)/g);
    expect(options.length).toBeGreaterThan(20);
    expect(unnamed(options, page.text)).toEqual([]);
  });

  it('every event', () => {
    const events = namesIn(source, /\bemit\(\s*'(\w+)'/g);
    expect(events.length).toBeGreaterThan(10);
    expect(unnamed(events, eventsSection)).toEqual([]);
  });

  const classes = { AGClientSocket, AGServer, AGServerSocket };
  const shared = Object.entries(classes).filter(([name]) => name in published);
  it.each(shared)('every member of %s that is not here', (name, ours) => {
    const kept = new Set([...publicMembers(ours), ...membersOf('server', `class ${name}`)]);
    const gone = publicMembers(published[name]).filter((member) => !kept.has(member));
    expect(unnamed(gone, page.text)).toEqual([]);
  });
});
