import type { MemoryHub } from '@asyngular/broker';
import { memoryBroker } from '@asyngular/broker';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import type { AGServerOptions } from '../../src/index.js';
import { startServer, type TestServer } from './server.js';

export { openRecovering } from './recovery-client.js';

/** What came on a channel: data of publications, and what else concerns recovery, in order. */
export function seenOn(client: RawClient, channel = 'room'): unknown[] {
  const packets = client.received.flat();
  return packets
    .filter(({ event, data }) => event !== undefined && data?.channel === channel)
    .map(({ event, data }) => (event === '#publish' ? data.data : { [event]: data }));
}

/** The place of the last publication. */
export function lastPlace(client: RawClient): string {
  const [last] = client.received
    .flat()
    .filter(({ event, data }) => event === '#publish' || (event === '#position' && data))
    .reverse();
  return last.data.p;
}

/** A server whose channels `room…` keep 50 publications. */
export function startWithLogs(
  options: AGServerOptions & { hub?: MemoryHub } = {},
): Promise<TestServer> {
  const { hub, ...others } = options;
  return startServer({
    channels: { 'room*': { history: { size: 50 }, rewind: 3 } },
    broker: memoryBroker(hub ? { hub } : {}),
    brokerUnsubscribeDelay: 0,
    ...others,
  });
}
