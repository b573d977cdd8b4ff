import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonCodec, parsePacket, protocolEvents } from '@asyngular/protocol';
import { expect, test } from 'vitest';

const document = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const dutyIds = [...document.matchAll(/^- \*\*(P\d+\.\d+)\*\*/gm)].map((match) => match[1]!);

const sourceFolders = ['../src/', './'].map((folder) => new URL(folder, import.meta.url));
const ownFiles = sourceFolders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8')),
);

test('duties are numbered one after the other', () => {
  const counts = new Map<string, number>();
  const expected = dutyIds.map((id) => {
    const section = id.split('.')[0]!;
    const count = (counts.get(section) ?? 0) + 1;
    counts.set(section, count);
    return `${section}.${count}`;
  });
  expect(dutyIds).toEqual(expected);
  const sections = [...counts.keys()].map((section) => Number(section.slice(1)));
  expect(sections).toEqual([...sections].sort((one, other) => one - other));
});

test('every duty that this package cites exists', () => {
  const cited = new Set(ownFiles.flatMap((text) => text.match(/\bP\d+\.\d+\b/g) ?? []));
  expect([...cited].filter((id) => !dutyIds.includes(id))).toEqual([]);
});

test('every duty is cited by a test', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/test`);
  const cited = new Set<string>();
  for (const folder of [...packages, 'test', 'interop'].map((name) => join(root, name))) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(name) || name.includes('node_modules')) continue;
      const text = readFileSync(join(folder, name), 'utf8');
      for (const id of text.match(/\bP\d+\.\d+\b/g) ?? []) cited.add(id);
    }
  }
  expect(dutyIds.filter((id) => !cited.has(id))).toEqual([]);
});

test('every duty names who has to do it', () => {
  const lines = document.match(/^- \*\*P\d+\.\d+\*\*.*$/gm) ?? [];
  expect(lines.filter((line) => !/\*\* \((C|S|both)\) /.test(line))).toEqual([]);
});

test('P13.1 every line of the conversation is a packet, a batch, a heartbeat or the close', () => {
  const conversation = document.slice(document.indexOf('## P13')).match(/```\n([^`]*)```/)?.[1];
  const lines = conversation?.trimEnd().split('\n') ?? [];
  expect(lines.length).toBeGreaterThan(20);
  const names: (string | undefined)[] = [];
  for (const line of lines) {
    const message = line.slice(2);
    if (message === '' || message.startsWith('close ')) {
      continue;
    }
    const decoded = jsonCodec.decode(message);
    for (const element of Array.isArray(decoded) ? decoded : [decoded]) {
      const packet = parsePacket(element);
      expect(packet, line).toBeDefined();
      names.push(packet?.event);
    }
    expect(jsonCodec.encode(decoded)).toBe(message);
  }
  const version2 = Object.values(protocolEvents).filter((name) => name !== '#disconnect');
  expect(names).toEqual(expect.arrayContaining(version2));
});
