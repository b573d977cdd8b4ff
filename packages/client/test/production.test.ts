import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../bundle.mjs';
import * as full from '../src/development/full.js';
import * as production from '../src/development/production.js';
import * as client from '../src/index.js';
import { autoReconnectTable, optionTable } from '../src/options/option-table.js';

// What bundles for production leave out are words: they refuse the same options as development builds.

/** Values that some option takes, and values that none does. */
const values: unknown[] = [
  ...[undefined, null, true, false, '', 'text', 'a.example', 'a.example:80', '/a?b', '8000'],
  ...[-1, 0, 1, 2, 1.5, 65_536, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, 5n, Symbol('s')],
  ...[[], {}, () => 1, new Date(0), Object.create(null), { unknown: 1 }],
  ...[
    { encode() {}, decode() {} },
    { loadToken() {}, saveToken() {}, removeToken() {} },
  ],
];

const page: Record<string, unknown> = {
  AbortController,
  setTimeout() {},
  TextEncoder,
  URLSearchParams,
  performance,
};
let minified: typeof client;
beforeAll(async () => {
  const { code } = await bundleClient();
  runInNewContext(code, page);
  minified = page.asyngularClient as typeof client;
}, 60_000);

/** What `create()` says to options, null if it takes them. */
function refusal({ create }: typeof client, options: unknown): Error | null {
  try {
    create(options as client.ClientOptions);
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Lets `create()` connect to nothing. */
const nowhere = {
  createWebSocket: () => ({ close() {} }),
  now: () => 0,
  setTimeout() {},
  clearTimeout() {},
};
const named = (name: string, value: unknown) => ({
  autoConnect: false,
  platform: nowhere,
  [name]: value,
});
const nested = (name: string, value: unknown) => ({
  platform: nowhere,
  autoReconnectOptions: { [name]: value },
});

it('has the same parts', () => {
  expect(Object.keys(production).sort()).toEqual(Object.keys(full).sort());
});

it.each([
  ...Object.keys(optionTable).map((name) => [name, named] as const),
  ...Object.keys(autoReconnectTable).map((name) => [name, nested] as const),
])('refuses the same values of %s', (name, options) => {
  for (const value of values) {
    const expected = refusal(client, options(name, value));
    const actual = refusal(minified, options(name, value));
    expect([value, actual?.name]).toEqual([value, expected?.name]);
    if (actual) expect(actual.message).toContain(name);
  }
});

it('names the option and its value, in fewer words', () => {
  const messages = [named('ackTimeout', '50'), named('ackTimout', 5), named('query', []), 5].map(
    (options) => refusal(minified, options)?.message,
  );
  expect(messages).toEqual([
    'The ackTimeout option of the client cannot be 50',
    'Unknown option ackTimout of the client',
    'The query option of the client cannot be of type object',
    'The options of the client must be an object',
  ]);
});
