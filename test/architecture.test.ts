import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

// Which packages a package may import (docs/architecture.md). Nothing points back.
const allowed: Record<string, string[]> = {
  errors: [],
  streams: ['@asyngular/errors'],
  protocol: ['@asyngular/errors'],
  channels: ['@asyngular/errors', '@asyngular/streams'],
  contract: ['@asyngular/errors', '@asyngular/protocol', '@standard-schema/spec'],
  'codec-msgpack': ['@asyngular/errors', '@asyngular/protocol', 'msgpackr'],
  broker: ['@asyngular/errors'],
  'log-file': ['@asyngular/broker', '@asyngular/errors', 'classic-level'],
  'broker-nats': [
    '@asyngular/broker',
    '@asyngular/errors',
    '@nats-io/transport-node',
    '@nats-io/nats-core',
  ],
  'broker-redis': ['@asyngular/broker', '@asyngular/errors', 'ioredis'],
  client: [
    '@asyngular/errors',
    '@asyngular/streams',
    '@asyngular/protocol',
    '@asyngular/channels',
    'ws',
  ],
  server: [
    '@asyngular/errors',
    '@asyngular/streams',
    '@asyngular/protocol',
    '@asyngular/channels',
    '@asyngular/broker',
    'ws',
    'fast-jwt',
    'jose',
  ],
  'broker-local': ['@asyngular/broker', '@asyngular/errors'],
  workers: [
    '@asyngular/broker',
    '@asyngular/broker-local',
    '@asyngular/errors',
    '@asyngular/server',
    '@asyngular/streams',
  ],
  inspector: ['@asyngular/contract', '@asyngular/errors', '@asyngular/server'],
  otel: ['@asyngular/errors', '@asyngular/client', '@asyngular/server', '@opentelemetry/api'],
  store: ['@asyngular/errors', '@asyngular/channels', '@asyngular/protocol', '@asyngular/client'],
  react: [
    '@asyngular/channels',
    '@asyngular/protocol',
    '@asyngular/errors',
    '@asyngular/client',
    '@asyngular/store',
    'react',
    '@tanstack/react-query',
  ],
  cli: [
    '@asyngular/client',
    '@asyngular/contract',
    '@asyngular/errors',
    '@asyngular/protocol',
    '@asyngular/server',
    '@asyngular/workers',
    'commander',
    'hdr-histogram-js',
    'ws',
    'uplot',
  ],
  // Not published: of tests only, so that no package above has it.
  'test-utils': ['@asyngular/broker', 'esbuild', 'vitest', 'ws'],
};
const nodeFree = ['errors', 'streams', 'protocol', 'channels', 'contract'];

const packagesDir = resolve(import.meta.dirname, '../packages');

function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found: { specifier: string; typeOnly: boolean }[] = [];
  for (const match of text.matchAll(
    /(?:^|\n)\s*(import|export)(\s+type)?\s[^;'"]*?from\s+['"]([^'"]+)['"]/g,
  )) {
    found.push({ specifier: match[3] as string, typeOnly: match[2] !== undefined });
  }
  for (const match of text.matchAll(/(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g)) {
    found.push({ specifier: match[1] as string, typeOnly: false });
  }
  for (const match of text.matchAll(/import\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ specifier: match[1] as string, typeOnly: false });
  }
  return found;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string);
}

describe.each(Object.entries(allowed))('packages/%s', (name, names) => {
  const files = sourceFiles(join(packagesDir, name, 'src'));

  it('imports only what the architecture allows', () => {
    const offences = files.flatMap((file) =>
      importsOf(file)
        .map(({ specifier }) => specifier)
        .filter((s) => !s.startsWith('.') && !s.startsWith('#'))
        .filter((s) => !(s.startsWith('node:') && !nodeFree.includes(name)))
        .filter((s) => !names.includes(packageOf(s)))
        .map((s) => `${relative(packagesDir, file)} imports ${s}`),
    );
    expect(offences).toEqual([]);
  });

  it('declares every package it imports', () => {
    const manifest = JSON.parse(readFileSync(join(packagesDir, name, 'package.json'), 'utf8'));
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
      ...(manifest.private && manifest.devDependencies),
    });
    const used = new Set(
      files.flatMap((file) =>
        importsOf(file)
          .map(({ specifier }) => specifier)
          .filter((s) => !/^[.#]|^node:/.test(s))
          .map(packageOf),
      ),
    );
    expect([...used].filter((s) => !declared.includes(s))).toEqual([]);
  });

  it('has no import cycle', () => {
    // Imports of types vanish when compiled, so that a type may name its user without a cycle.
    const graph = new Map<string, string[]>();
    for (const file of files) {
      const targets = importsOf(file)
        .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
        .map(({ specifier }) => resolve(dirname(file), specifier.replace(/\.js$/, '.ts')));
      graph.set(file, targets);
    }
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      const start = path.indexOf(file);
      if (start >= 0) {
        const cycle = [...path.slice(start), file].map((f) => relative(packagesDir, f));
        cycles.push(cycle.join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

// Which rooms of the server a room may import, types included (docs/architecture.md). Nothing points back.
const rooms: Record<string, string[]> = {
  turns: [],
  limits: [],
  backlogs: ['turns'],
  contract: ['turns'],
  engine: ['turns'],
  'engine/uws': ['engine'],
  codecs: [],
  events: ['limits'],
  middleware: ['backlogs', 'events', 'limits', 'turns'],
  health: ['engine', 'limits'],
  outbound: ['backlogs', 'codecs', 'engine', 'limits', 'middleware'],
  metrics: ['engine', 'health', 'limits', 'outbound', 'turns'],
  tracing: ['metrics'],
  channels: ['backlogs', 'codecs', 'contract', 'engine', 'metrics', 'outbound', 'tracing', 'turns'],
  fleet: ['channels', 'codecs', 'turns'],
  presence: ['codecs', 'fleet', 'turns'],
  recovery: ['channels', 'engine', 'metrics', 'outbound', 'tracing', 'turns'],
  people: ['channels', 'codecs', 'contract', 'engine', 'fleet', 'outbound', 'turns'],
  members: [
    'channels',
    'codecs',
    'contract',
    'engine',
    'health',
    'limits',
    'outbound',
    'people',
    'presence',
    'turns',
  ],
  auth: ['events', 'middleware', 'turns'],
  handshake: ['channels', 'auth', 'codecs', 'events', 'middleware', 'outbound', 'tracing', 'turns'],
  inbound: [
    'backlogs',
    'channels',
    'codecs',
    'contract',
    'engine',
    'events',
    'fleet',
    'handshake',
    'limits',
    'members',
    'metrics',
    'middleware',
    'people',
    'presence',
    'recovery',
    'tracing',
    'turns',
  ],
  session: [
    'auth',
    'backlogs',
    'channels',
    'codecs',
    'contract',
    'engine',
    'events',
    'inbound',
    'limits',
    'members',
    'metrics',
    'middleware',
    'outbound',
    'presence',
    'recovery',
    'tracing',
    'turns',
  ],
  socket: ['auth', 'channels', 'codecs', 'events', 'inbound', 'outbound', 'session', 'turns'],
  upgrade: ['engine', 'handshake', 'limits', 'session', 'socket', 'turns'],
  options: [
    'auth',
    'channels',
    'engine',
    'health',
    'limits',
    'metrics',
    'outbound',
    'recovery',
    'socket',
    'upgrade',
  ],
};

describe('the rooms of packages/server', () => {
  const src = join(packagesDir, 'server/src');
  const files = sourceFiles(src);
  const roomOf = (file: string) => relative(src, dirname(file));
  const targets = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolve(dirname(file), specifier.replace(/\.js$/, '.ts'))),
    ]),
  );
  const targetsOf = (file: string) => targets.get(file)!;

  it('import in one direction only', () => {
    const offences = files
      .filter((file) => roomOf(file) !== '' && roomOf(file) !== 'server')
      .flatMap((file) =>
        targetsOf(file)
          .filter((target) => roomOf(target) !== roomOf(file))
          .filter((target) => !(rooms[roomOf(file)] ?? []).includes(roomOf(target)))
          .map((target) => `${relative(src, file)} imports ${relative(src, target)}`),
      );
    expect(offences).toEqual([]);
  });

  it('come in an order in which each imports only those before it', () => {
    const names = Object.keys(rooms);
    const offences = names.flatMap((name, place) =>
      (rooms[name] ?? [])
        .filter((other) => names.indexOf(other) >= place)
        .map((other) => [name, other]),
    );
    expect(offences).toEqual([]);
  });

  it('have no circle of more than three files, types included', () => {
    const reachable = new Map(files.map((file) => [file, reach(file, targetsOf)]));
    const circles = files
      .map((file) =>
        [...(reachable.get(file) ?? [])].filter((other) => reachable.get(other)?.has(file)),
      )
      .filter((circle) => circle.length > 3)
      .map((circle) => circle.map((file) => relative(src, file)));
    expect(circles).toEqual([]);
  });
});

/** Every file that can be reached from a file by its imports. */
function reach(start: string, targetsOf: (file: string) => string[]): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    for (const target of targetsOf(file)) {
      if (reached.has(target)) continue;
      reached.add(target);
      visit(target);
    }
  };
  visit(start);
  return reached;
}
