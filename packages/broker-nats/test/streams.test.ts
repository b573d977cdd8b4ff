import { expect, it } from 'vitest';
import type { JetStreamApi } from '../src/log/api.js';
import { createConfig } from '../src/log/stream-config.js';
import { LogStreams } from '../src/log/streams.js';
import { policy } from './support/log-node.js';

/** What is warned of while a stream is used whose messages become more. */
async function warningsOf(version: string, storage: 'memory' | 'file'): Promise<string[]> {
  const fleet = { prefix: 'p', resendMs: 10_000, storage };
  const config = createConfig(fleet, policy);
  let messages = 20_000;
  const api = {
    streamInfo: async () => ({
      config,
      created: '2026-11-29T09:34:28.474367451Z',
      state: { last_seq: messages, messages: messages++ },
    }),
  };
  const warnings: string[] = [];
  const streams = new LogStreams(api as unknown as JetStreamApi, fleet, {
    onReborn: () => {},
    onWarning: ({ message }) => warnings.push(message),
  });
  streams.setVersion(version);
  for (let count = 0; count < 3; count++) await streams.current(policy);
  return warnings;
}

it('warns once of a stream that NATS searches with each publication', async () => {
  expect(await warningsOf('2.9.10', 'memory')).toEqual([
    'The JetStream stream p-log-10 keeps 20001 messages in memory, and NATS server 2.9.10 searches them with each publication; use 2.10 or later, or set log.storage to "file" and remove the stream while no server runs',
  ]);
  expect(await warningsOf('2.9.10', 'file')).toEqual([]);
  expect(await warningsOf('2.10.0', 'memory')).toEqual([]);
  expect(await warningsOf('3.0.1', 'memory')).toEqual([]);
});
