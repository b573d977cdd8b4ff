import type { Broker } from '@asyngular/broker';
import type { ConformanceFleet } from '@asyngular/broker/conformance';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { type NatsBrokerOptions, natsBroker } from '../../src/index.js';

/** Brokers on one server, each behind a proxy of its own if there are to be faults. */
export async function startFleet(
  count: number,
  port: number,
  options: NatsBrokerOptions,
  hasFaults: boolean,
): Promise<ConformanceFleet> {
  const proxies: TcpProxy[] = [];
  const brokers: Broker[] = [];
  for (let index = 0; index < count; index++) {
    const proxy = hasFaults ? await TcpProxy.start(port) : undefined;
    if (proxy) proxies.push(proxy);
    const servers = `127.0.0.1:${proxy?.port ?? port}`;
    brokers.push(
      natsBroker({ ...options, servers, ignoreClusterUpdates: true, reconnectTimeWait: 50 }),
    );
  }
  return {
    brokers,
    cut: (index) => proxies[index]!.cut(),
    restore: (index) => proxies[index]!.restore(),
    stall: (index) => proxies[index]!.stall(),
    freeze: (index) => proxies[index]!.silence(),
    teardown: async () => {
      for (const proxy of proxies) await proxy.stop();
    },
  };
}
