import type { Broker } from '@asyngular/broker';
import { afterAll, afterEach, expect, it } from 'vitest';
import {
  runScenario,
  type Scenario,
  type ScenarioResult,
  scenarioTable,
} from './broker-scenario.js';
import { type Address, TcpProxy } from './tcp-proxy.js';
import { until } from './wait.js';

/** What brokers connect to: a process that can be killed, frozen and started again. */
export interface FaultyService {
  readonly address: Address;
  start(): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

type Pause = (ms: number) => Promise<void>;

export const NODES = 3;
/** A scenario starts servers, waits out its fault and a while after it. */
export const SCENARIO_MS = 60_000;

/** What the scenarios of one test file share. Its services and proxies end with each test. */
export class FaultBench {
  readonly services: FaultyService[] = [];
  readonly proxies: TcpProxy[] = [];
  readonly #results: ScenarioResult[] = [];

  constructor(name: string) {
    afterEach(async () => {
      await Promise.all(this.proxies.splice(0).map((proxy) => proxy.stop()));
      await Promise.all(this.services.splice(0).map((service) => service.stop()));
    });
    afterAll(() => console.log(`${name}\n${scenarioTable(this.#results)}`));
  }

  /** Nodes on one server, each behind its own proxy. */
  async connectAll<At extends Address>(
    service: FaultyService & { readonly address: At },
    connect: (address: At) => Broker,
  ): Promise<Broker[]> {
    this.services.push(service);
    for (let index = 0; index < NODES; index++) {
      this.proxies.push(await TcpProxy.start(service.address));
    }
    return this.proxies.map(({ address }) => connect(address as At));
  }

  async check(scenario: Scenario): Promise<void> {
    const result = await runScenario(scenario);
    this.#results.push(result);
    expect(result).toMatchObject({ lostOutside: 0, duplicates: 0, outOfOrder: 0 });
    expect(result.received).toBeGreaterThan(1_000);
    if (scenario.expectsAnnouncement !== false) expect(result.announced).toBeGreaterThan(0);
  }

  async cutAll(pause: Pause): Promise<void> {
    for (const proxy of this.proxies) proxy.cut();
    await pause(300);
    for (const proxy of this.proxies) proxy.restore();
  }
}

/** Declares tests of the faults that any service on a network can have, in a suite with `SCENARIO_MS`. */
export function commonFaults<At extends Address>(
  bench: FaultBench,
  start: () => Promise<FaultyService & { readonly address: At }>,
  connect: (address: At) => Broker,
): void {
  const fault = (
    title: string,
    act: (
      pause: Pause,
      nodes: { service: FaultyService; brokers: Broker[]; proxy: TcpProxy },
    ) => Promise<void>,
  ) =>
    it(title, async () => {
      const service = await start();
      const brokers = await bench.connectAll(service, connect);
      const [proxy] = bench.proxies as [TcpProxy];
      await bench.check({
        fault: title,
        brokers,
        act: (pause) => act(pause, { service, brokers, proxy }),
      });
    });

  fault('connections of one node cut for 300 ms', async (pause, { proxy }) => {
    proxy.cut();
    await pause(300);
    proxy.restore();
  });

  fault('network of one node silent', async (_pause, { proxy, brokers }) => {
    proxy.silence();
    await until('the silence to be noticed', () => brokers[0]!.status !== 'connected');
    proxy.restore();
  });

  fault('broker killed (-9), back after 500 ms', async (pause, { service }) => {
    await service.kill();
    await pause(500);
    await service.start();
  });

  fault('broker frozen for 1 s', async (pause, { service }) => {
    service.signal('SIGSTOP');
    await pause(1_000);
    service.signal('SIGCONT');
  });

  fault('connections of all nodes cut for 300 ms', (pause) => bench.cutAll(pause));
}
