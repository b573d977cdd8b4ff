import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../bundle.mjs';
import { development } from '../src/development/full.js';
import { development as production } from '../src/development/production.js';
import * as client from '../src/index.js';

// Everything that differs in bundles for production: errors have few words, and options are hardly checked.

const page: Record<string, unknown> = {
  AbortController,
  setTimeout() {},
  clearTimeout() {},
  TextEncoder,
  URL,
  URLSearchParams,
  performance,
};
let minified: typeof client;
beforeAll(async () => {
  const { code } = await bundleClient();
  runInNewContext(code, page);
  minified = page.asyngularClient as typeof client;
}, 60_000);

/** Lets `create()` connect to nothing. */
const nowhere = {
  createWebSocket: () => ({ close() {} }) as never,
  now: () => 0,
  setTimeout() {},
  clearTimeout() {},
};

function socketOf({ create }: typeof client, options: client.ClientOptions = {}) {
  return create({ autoConnect: false, platform: nowhere, ...options });
}

/** The error of an action, with its class where this realm knows it; undefined if there is none. */
async function errorOf(action: () => unknown): Promise<Error | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const textFrame = { hostname: '', port: '', protocol: 'about:' };
const aborted = (api: typeof client) => {
  const socket = socketOf(api, { connectOnSend: false });
  const call = socket.invoke('sum');
  socket.connect();
  socket.disconnect(4200);
  return call;
};

const refused: [words: string, short: string, action: (api: typeof client) => unknown][] = [
  [
    "ftp://a.example is no address of a server; write it as in create('wss://example.com:8000/path/')",
    'ftp://a.example',
    ({ create }) => create('ftp://a.example'),
  ],
  [
    "The host option of the client is 'a.example'; it must be both the hostname and the port number in the hostname:port format",
    'host: a.example',
    (api) => socketOf(api, { host: 'a.example' }),
  ],
  [
    'Never use host and hostname/port options together; host includes both',
    'host',
    (api) => socketOf(api, { host: 'a.example:80', port: 80 }),
  ],
  [
    'The page has no host of its own (about:); set the hostname option',
    'hostname',
    (api) => socketOf(api, { platform: { ...nowhere, location: () => textFrame } }),
  ],
  [
    "The ackTimeout option of the client is '50'; it must be a number of milliseconds from 0 to 2147483647",
    'ackTimeout: 50',
    (api) => socketOf(api, { ackTimeout: '50' as never }),
  ],
  [
    'The pingTimeout option of the client is -1; it must be a number of milliseconds from 0 to 2147483647',
    'pingTimeout: -1',
    (api) => socketOf(api, { pingTimeout: -1 }),
  ],
  [
    'The connectTimeout option of the client is 2147483648; it must be a number of milliseconds from 0 to 2147483647',
    'connectTimeout: 2147483648',
    (api) => socketOf(api, { connectTimeout: 2 ** 31 }),
  ],
  [
    'The close code of disconnect() is 5; it must be a number from 1000 to 4999',
    '5',
    (api) => socketOf(api).disconnect(5),
  ],
  [
    'The socket is not open; wait for the connect event',
    'closed',
    (api) => socketOf(api).send('text'),
  ],
  [
    'Event sum was aborted due to maxUnsentMessages: 0; raise it',
    'sum: maxUnsentMessages',
    (api) => socketOf(api, { maxUnsentMessages: 0, connectOnSend: false }).invoke('sum'),
  ],
  [
    'Event sum was aborted due to a bad connection; with waitForConnection it would have waited',
    'sum',
    aborted,
  ],
  ['A name must be a string; it was 5', 'name: 5', (api) => socketOf(api).invoke(5 as never)],
];

describe('what both refuse, with the same name and code', () => {
  it.each(refused)('%s', async (words, short, action) => {
    const expected = await errorOf(() => action(client));
    const actual = await errorOf(() => action(minified));
    expect([expected?.message, actual?.message]).toEqual([words, short]);
    const { message: _words, ...members } = expected!;
    expect(actual).toMatchObject(members);
  });
});

const unchecked: [words: string, action: (api: typeof client) => unknown][] = [
  [
    'Unknown option ackTimout of the client; did you mean ackTimeout?',
    (api) => socketOf(api, { ackTimout: 5 } as never),
  ],
  [
    "The autoReconnect option of the client is 'no'; it must be true or false",
    (api) => socketOf(api, { autoReconnect: 'no' as never }),
  ],
  [
    'Unknown option delay of autoReconnectOptions; remove it',
    (api) => socketOf(api, { autoReconnectOptions: { delay: 5 } as never }),
  ],
  [
    'The timeout option must be a number, 0 or more; it was -1',
    (api) => socketOf(api).listener('error').createConsumer(-1),
  ],
  [
    'Unknown option patience of subscribe(); remove it',
    (api) => socketOf(api).subscribe('news', { patience: true } as never),
  ],
];

describe('what development refuses and production does not look at', () => {
  it.each(unchecked)('%s', async (words, action) => {
    expect(await errorOf(() => action(client))).toMatchObject({
      name: expect.stringMatching(/^Invalid(?:Arguments|Options)Error$/),
      message: words,
    });
    expect(await errorOf(() => action(minified))).toBeUndefined();
  });
});

it('has nothing else of its own', () => {
  expect(production).toBeUndefined();
  expect(Object.keys(development!)).toEqual([
    'assertClientOptions',
    'assertHistoryOptions',
    'assertInvokeOptions',
    'assertStreamOptions',
    'assertPublishOptions',
    'assertSubscribeOptions',
    'assertTransition',
    'assertTransmitOptions',
    'createTrace',
    'describeFailure',
    'streamOptions',
    'watchTrouble',
  ]);
});
