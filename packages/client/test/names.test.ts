import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AGChannel, AGClientSocket, create } from '../src/index.js';

// A name that can be reached on a socket is one that applications will use, so that each has to be documented.

/** What this package's parts share with each other and with the packages beneath; marked `@internal`. */
const internal = [
  'announce',
  'changeOptions',
  'channelPresence',
  'channelStreams',
  'onUnheardEmit',
  'parts',
  'writeToProcedure',
  'writeToReceiver',
];

/** Members and static members of a class, as they are written down beside the API test. */
function documented(name: string): { members: string[]; statics: string[] } {
  const text = readFileSync(new URL('../../../test/api/client.txt', import.meta.url), 'utf8');
  const [, lines = ''] = new RegExp(`^class ${name}\n((?: .*\n)*)`, 'm').exec(text) ?? [];
  const all = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim());
  const members = all.filter((line) => !/^static |^\[/.test(line));
  const statics = all.filter((line) => line.startsWith('static '));
  return { members, statics: statics.map((line) => line.replace('static ', '')) };
}

/** Names of an object and of everything it inherits from, except what each object has. */
function reachable(object: object): string[] {
  const names = new Set<string>();
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  names.delete('constructor');
  return [...names].sort();
}

function enumerable(object: object): string[] {
  const names: string[] = [];
  for (const name in object) names.push(name);
  return names.sort();
}

it('a socket has the documented names and no others', () => {
  const socket = create({ autoConnect: false });
  expect(reachable(socket)).toEqual([...documented('AGClientSocket').members, ...internal].sort());
});

it('its class has the documented static names and no others', () => {
  const inherited = new Set(Object.getOwnPropertyNames(class {}));
  const names = new Set<string>();
  for (let at: object = AGClientSocket; at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!inherited.has(name)) names.add(name);
    }
  }
  expect([...names].sort()).toEqual(documented('AGClientSocket').statics);
});

it('a channel has the documented names and no others', () => {
  const channel = create({ autoConnect: false }).channel('a');
  expect(channel).toBeInstanceOf(AGChannel);
  expect(reachable(channel)).toEqual([...documented('AGChannel').members, 'reportError'].sort());
});

it('a loop over the members of a socket finds its data only', () => {
  expect(enumerable(create({ autoConnect: false }))).toEqual(['clientId']);
});

it('options are read from socket.options, beside those that have a property', () => {
  const socket = create({ autoConnect: false });
  expect(socket).not.toHaveProperty('path');
  expect(socket).not.toHaveProperty('autoConnect');
  expect(socket.options.path).toBe('/asyngular/');
  expect(socket.ackTimeout).toBe(socket.options.ackTimeout);
});

it('a socket is printable as JSON', () => {
  const socket = create({ autoConnect: false, clientId: 'me' });
  expect(JSON.parse(JSON.stringify(socket))).toEqual({ clientId: 'me' });
});
