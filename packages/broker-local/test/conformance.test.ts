import type { Broker } from '@asyngular/broker';
import { brokerConformance } from '@asyngular/broker/conformance';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { describe, it } from 'vitest';
import { localBroker, localHub } from '../src/index.js';

/** Room for a few logs of these duties. */
const maxHistoryBytes = 4 * 1024 * 1024;

brokerConformance({
  name: 'localBroker()',
  describe,
  it,
  canCut: true,
  canStall: true,
  log: { canForget: true },
  setup: async (count, options, hasFaults) => {
    const hub = await localHub({ maxHistoryBytes });
    const proxies: TcpProxy[] = [];
    const brokers: Broker[] = [];
    for (let index = 0; index < count; index++) {
      if (hasFaults) proxies.push(await TcpProxy.start(hub.path));
      const path = proxies[index]?.address ?? hub.path;
      brokers.push(localBroker({ ...options, path: String(path) }));
    }
    return {
      brokers,
      cut: (index) => proxies[index]!.cut(),
      restore: (index) => proxies[index]!.restore(),
      stall: (index) => proxies[index]!.stall(),
      freeze: (index) => proxies[index]!.silence(),
      // Logs of others that need all the room there is.
      forget: async () => {
        const { log } = brokers[0]!;
        for (let index = 0; index < 8; index++) {
          await log!.append(`other ${index}`, 'x'.repeat(maxHistoryBytes / 4));
        }
      },
      teardown: async () => {
        await Promise.all(proxies.map((proxy) => proxy.stop()));
        await hub.close();
      },
    };
  },
});
