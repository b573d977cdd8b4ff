import { expect, it } from 'vitest';
import { type ClientOptions, create } from '../src/index.js';
import { start } from './support/harness.js';

const closed: ClientOptions = { autoConnect: false };

it.each([
  ['ws://localhost:8000/chat/?a=1&b=2', 'ws://localhost:8000/chat/?a=1&b=2'],
  ['wss://example.com', 'wss://example.com/asyngular/'],
  ['wss://example.com:80/', 'wss://example.com:80/asyngular/'],
  ['ws://example.com:443', 'ws://example.com:443/asyngular/'],
  ['https://example.com:8443/live', 'wss://example.com:8443/live'],
  ['HTTP://Example.com/a b/', 'ws://example.com/a%20b/'],
  ['ws://[::1]:8000', 'ws://[::1]:8000/asyngular/'],
])('create(%s) dials %s', (url, uri) => {
  expect(create(url, closed).uri()).toBe(uri);
});

it('options count where the URL says something else', () => {
  const options = { ...closed, path: '/other/', query: { x: 1 }, port: 9 };
  expect(create('ws://localhost:8000/chat/?a=1', options).uri()).toBe(
    'ws://localhost:9/other/?x=1',
  );
});

it.each(['localhost:8000', 'ftp://a', 'ws://', 'ws://a b', '', '//a/b'])(
  'create(%j) is refused with the form that works',
  (url) => {
    expect(() => create(url, closed)).toThrow(
      `${url} is no address of a server; write it as in create('wss://example.com:8000/path/')`,
    );
  },
);

it('a URL as hostname is refused, and told where it goes', () => {
  expect(() => create({ ...closed, hostname: 'ws://a:8000/' })).toThrow(
    "create('wss://example.com:8000/path/') takes a URL",
  );
});

it("autoConnect: 'browser' dials in pages only", () => {
  const page = { location: () => ({ hostname: 'a', port: '', protocol: 'http:' }) };
  const inPage = start({ autoConnect: 'browser', platform: page });
  expect(inPage.socket.state).toBe('connecting');
  inPage.socket.disconnect();
  expect(start({ autoConnect: 'browser' }).socket.state).toBe('closed');
});
