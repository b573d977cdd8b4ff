import { brokerConformance } from '@asyngular/broker/conformance';
import { startJetStream } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startFleet } from './support/proxied-fleet.js';

let service: Service;
let fleets = 0;

beforeAll(async () => {
  service = await startJetStream();
});
afterAll(() => service?.stop());

/** Deletes every stream of a fleet, as a restart of a server that keeps them in memory does. */
async function deleteStreams(prefix: string): Promise<void> {
  const connection = await connect({ port: service.port });
  for (const sizeClass of [1, 10, 100, 1_000, 10_000]) {
    await connection.request(`$JS.API.STREAM.DELETE.${prefix}-log-${sizeClass}`);
  }
  await connection.close();
}

brokerConformance({
  name: 'natsBroker() with logs on JetStream',
  describe,
  it,
  canCut: true,
  log: {
    canForget: true,
    exceptions: {
      B46: 'JetStream counts the bytes of a whole stream, not those of a channel',
      B47: 'JetStream keeps publications at least as long as it remembers their ids',
      B48: 'JetStream does not know where an expired channel ended; nodes that follow the channel do',
    },
  },
  setup: async (count, options, hasFaults) => {
    const subjectPrefix = `logs-${fleets++}`;
    const fleet = await startFleet(count, service.port, { ...options, subjectPrefix }, hasFaults);
    return { ...fleet, forget: () => deleteStreams(subjectPrefix) };
  },
});
