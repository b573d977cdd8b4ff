import { onCleanup } from '@asyngular/test-utils/cleanup';
import { rejection } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import {
  type LocalBrokerOptions,
  type LocalHubOptions,
  localBroker,
  localHub,
} from '../src/index.js';

it.each<[unknown, string]>([
  [{}, 'localBroker() needs the option path, that of a localHub()'],
  [{ path: '' }, "The path option of localBroker() is ''; it must be a text that is not empty"],
  [{ path: 'a\0b' }, 'The path option of localBroker() has a zero byte; remove it'],
  [{ pth: 'x' }, 'Unknown option pth of localBroker(); did you mean path?'],
  [
    { path: 'x', maxQueuedMessages: 100_001 },
    'The maxQueuedMessages option of localBroker() is 100001; it must be a whole number of messages from 1 to 100000',
  ],
  [
    { path: 'x', timeoutMs: 300_001 },
    'The timeoutMs option of localBroker() is 300001; it must be a number of milliseconds from 1 to 300000',
  ],
])('refuses the options %j', (options, message) => {
  expect(() => localBroker(options as LocalBrokerOptions)).toThrow(message);
});

it.each<[unknown, string]>([
  [
    { maxQueuedBytes: 0 },
    'The maxQueuedBytes option of localHub() is 0; it must be a whole number of bytes, 1 or more',
  ],
  [{ onWarnings: 1 }, 'Unknown option onWarnings of localHub(); did you mean onWarning?'],
])('refuses the hub options %j', async (options, message) => {
  expect(await rejection(localHub(options as LocalHubOptions))).toMatchObject({ message });
});

it('is refused on Windows, with what to take instead', async () => {
  const { platform } = process;
  onCleanup(() => Object.defineProperty(process, 'platform', { value: platform }));
  Object.defineProperty(process, 'platform', { value: 'win32' });
  const message =
    'The local broker needs Unix sockets, and this is Windows; use redisBroker() or natsBroker() between processes, or one process';
  expect(() => localBroker({ path: 'x' })).toThrow(message);
  expect(await rejection(localHub())).toMatchObject({ name: 'BrokerError', message });
});
