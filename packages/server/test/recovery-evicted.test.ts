import { memoryBroker } from '@asyngular/broker';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { describe, expect, it } from 'vitest';
import { openRecovering, seenOn } from './support/recovery.js';
import { startServer, until } from './support/server.js';

/** A server whose memory has room for some 40 logs. */
async function startCrowded() {
  const broker = memoryBroker({ maxHistoryBytes: 50_000 });
  const started = await startServer({ broker, channels: { 'room*': { history: {} } } });
  stopTime();
  const client = await openRecovering(started);
  const { data } = await client.request('#subscribe', { channel: 'room' });
  const publish = (channel: string, text: string) =>
    started.server.exchange.invokePublish(channel, text);
  await publish('room', 'kept for a while');
  const crowdOut = async (): Promise<void> => {
    for (let index = 0; index < 60; index++) await publish(`room:${index}`, '');
  };
  return { ...started, client, publish, crowdOut, subscribed: data };
}

describe('a subscriber of a log that had to go', () => {
  it('hears of it once, with the next publication', async () => {
    const { client, crowdOut, publish, server } = await startCrowded();
    await crowdOut();
    // All ends are compared several times.
    for (let second = 0; second < 100; second++) await pass(1_000);
    expect(server.stats().history!.evictions).toBeGreaterThan(20);
    expect(seenOn(client)).toEqual(['kept for a while']);
    await publish('room', 'next');
    await until('the next one', () => seenOn(client).includes('next'));
    expect(seenOn(client)).toEqual([
      'kept for a while',
      { '#interruption': expect.objectContaining({ channel: 'room' }) },
      'next',
    ]);
    expect(server.stats().history).toMatchObject({ interruptions: 1 });
  });

  it('has missed nothing when it comes back before that', async () => {
    const started = await startCrowded();
    const { server, subscribed, crowdOut } = started;
    server.exchange.subscribe('room');
    await crowdOut();
    const [epoch] = subscribed.position.split(':');
    const recover = `${epoch}:1:0`;
    const back = await openRecovering(started);
    const answer = await back.request('#subscribe', { channel: 'room', recover });
    expect(answer.data).toEqual({ position: recover, recovered: true });
  });
});
