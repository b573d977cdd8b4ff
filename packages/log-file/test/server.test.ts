import { memoryBroker } from '@asyngular/broker';
import { expect, it } from 'vitest';
import { openRecovering, seenOn } from '../../server/test/support/recovery.js';
import { startServer, type TestServer, until } from '../../server/test/support/server.js';
import { fileLog } from '../src/index.js';
import { start, testFolder } from './support/start.js';

async function startOn(directory: string): Promise<TestServer> {
  const started = await startServer({
    channels: { 'room*': { history: { size: 50 }, rewind: 2 } },
    broker: memoryBroker({ log: fileLog({ directory }) }),
    brokerUnsubscribeDelay: 0,
  });
  await until('the log', () => started.server.isReady);
  return started;
}

function publish({ server }: TestServer, ...data: unknown[]): Promise<unknown> {
  return Promise.all(data.map((each) => server.exchange.invokePublish('room', each)));
}

it('a client goes on at the server that follows a restart where it was at the one before', async () => {
  const directory = testFolder();
  const before = await startOn(directory);
  const client = await openRecovering(before);
  await client.request('#subscribe', { channel: 'room' });
  await publish(before, 1, 2);
  await until('both', () => seenOn(client).length === 2);
  const { data: history } = await client.request('#history', { channel: 'room', limit: 1 });
  client.close();
  await publish(before, 3, 4, 5);
  await before.server.close();

  const after = await startOn(directory);
  const again = await openRecovering(after);
  const recover = { channel: 'room', recover: history.position, away: 1_000 };
  const { data } = await again.request('#subscribe', recover);
  expect(data.recovered).toBe(true);
  await publish(after, 6);
  await until('what was missed', () => seenOn(again).length >= 4);
  expect(seenOn(again)).toEqual([3, 4, 5, 6]);
});

it('a server whose folder is in use says so, and refuses publications with a log', async () => {
  const directory = testFolder();
  await start(directory);
  const { server, warnings } = await startServer({
    channels: { 'room*': { history: { size: 50 } } },
    broker: memoryBroker({ log: fileLog({ directory }) }),
  });
  await until('a warning', () => warnings.length > 0);
  expect(String(warnings[0])).toMatch(/cannot be opened: another process, or another fileLog\(\)/);
  expect(server.isReady).toBe(false);
  await expect(server.exchange.invokePublish('room', 1)).rejects.toThrow(/room|closed/);
});
