import type { Broker, BrokerInterruptionEvent } from '@asyngular/broker';
import { Patience, pause, until } from './wait.js';

/** One fault and what the fleet went through because of it. */
export interface ScenarioResult {
  fault: string;
  /** Messages the brokers accepted, times the nodes that should have got them. */
  expected: number;
  received: number;
  announced: number;
  lostInside: number;
  /** Lost without an interruption that covers it: must be 0. */
  lostOutside: number;
  duplicates: number;
  outOfOrder: number;
  /** Publishes that rejected; they count as neither expected nor lost. */
  rejected: number;
}

interface Publication {
  readonly channel: string;
  readonly index: number;
  readonly calledAt: number;
  acceptedAt: number;
}

interface Node {
  readonly broker: Broker;
  readonly interruptions: (BrokerInterruptionEvent & { readonly heardAt: number })[];
  /** Channel and publisher → indices in order of arrival. */
  readonly received: Map<string, number[]>;
  readonly publications: Publication[];
  /** Channel and publisher of the messages before the first that counts. */
  readonly heard: Set<string>;
  rejected: number;
}

const WARM_UP = 'warm up';
/** A frozen or killed service, and the probes that find it out, take their time. */
const recovery = new Patience(60_000);
const CHANNELS = ['alpha', 'beta', 'gamma.*', 'δ δ'];

export interface Scenario {
  fault: string;
  brokers: readonly Broker[];
  /** Does its worst, and makes it good again. */
  act(pause: (ms: number) => Promise<void>): Promise<void>;
  /** Bytes added to each payload (default 0). */
  padding?: number;
  /** False where the fault is not expected to be noticed by a reconnect (default true). */
  expectsAnnouncement?: boolean;
}

/**
 * Every node publishes on every channel all the time and subscribes to all of them, while the fault
 * happens; then counts what each got. Publishing goes on through the fault and a while after it.
 */
export async function runScenario(scenario: Scenario): Promise<ScenarioResult> {
  const nodes = scenario.brokers.map(
    (broker): Node => ({
      broker,
      interruptions: [],
      received: new Map(),
      publications: [],
      heard: new Set(),
      rejected: 0,
    }),
  );
  await Promise.all(nodes.map(startNode));
  for (const { broker } of nodes) {
    await Promise.all(CHANNELS.map((channel) => broker.subscribe(channel)));
  }
  await warmUp(nodes);
  let isRunning = true;
  const padding = 'x'.repeat(scenario.padding ?? 0);
  const publishing = nodes.map((node) => publishAll(node, padding, () => isRunning));
  await until('publishing', () => nodes.every((node) => node.publications.length > 100));
  await scenario.act(pause);
  await recovery.until(
    `all nodes to be connected after: ${scenario.fault}`,
    () => nodes.every(({ broker }) => broker.status === 'connected'),
    () => nodes.map(({ broker }) => broker.status),
  );
  const counts = nodes.map((node) => node.publications.length);
  await until('publishing after the fault', () =>
    nodes.every((node, index) => node.publications.length > counts[index]! + 200),
  );
  isRunning = false;
  await Promise.all((await Promise.all(publishing)).flat());
  await settle(nodes);
  await Promise.all(nodes.map(({ broker }) => broker.close()));
  return judge(scenario.fault, nodes);
}

async function startNode(node: Node): Promise<void> {
  await node.broker.start({
    onMessage: (channel, { payload, node: from }) => {
      const key = `${from} ${channel}`;
      if (payload === WARM_UP) {
        node.heard.add(key);
        return;
      }
      const list = node.received.get(key) ?? [];
      list.push(Number.parseInt(String(payload), 10));
      node.received.set(key, list);
    },
    onEvent: (event) => {
      if (event.type === 'interruption') node.interruptions.push({ ...event, heardAt: Date.now() });
    },
  });
}

/** Until every node hears every other: the faults are the subject, not the first milliseconds. */
async function warmUp(nodes: readonly Node[]): Promise<void> {
  const all = CHANNELS.length * (nodes.length - 1);
  await until('every node to hear every other', async () => {
    if (nodes.every(({ heard }) => heard.size === all)) return true;
    for (const { broker } of nodes) {
      await Promise.all(CHANNELS.map((channel) => broker.publish(channel, WARM_UP)));
    }
    return false;
  });
}

/** Publishes until stopped; returns what has not settled yet. */
async function publishAll(
  node: Node,
  padding: string,
  isRunning: () => boolean,
): Promise<Promise<void>[]> {
  const open = new Set<Promise<void>>();
  for (let index = 0; isRunning(); index++) {
    for (const channel of CHANNELS) {
      const publication = { channel, index, calledAt: Date.now(), acceptedAt: 0 };
      const call: Promise<void> = Promise.resolve(
        node.broker.publish(channel, `${index} ${padding}`),
      ).then(
        () => {
          publication.acceptedAt = Date.now();
          node.publications.push(publication);
          open.delete(call);
        },
        () => {
          node.rejected++;
          open.delete(call);
        },
      );
      open.add(call);
    }
    await pause(2 + Math.random() * 4);
  }
  return [...open];
}

/** Waits until nothing new has come for a while, longer than a tail marker takes. */
async function settle(nodes: readonly Node[]): Promise<void> {
  const total = () =>
    nodes.reduce((sum, { broker, interruptions }) => {
      return sum + broker.stats().received + interruptions.length;
    }, 0);
  let before = -1;
  while (before !== total()) {
    before = total();
    await pause(600);
  }
}

function judge(fault: string, nodes: readonly Node[]): ScenarioResult {
  const result: ScenarioResult = {
    fault,
    expected: 0,
    received: 0,
    announced: 0,
    lostInside: 0,
    lostOutside: 0,
    duplicates: 0,
    outOfOrder: 0,
    rejected: 0,
  };
  for (const node of nodes) {
    result.announced += node.interruptions.length;
    result.rejected += node.rejected;
    for (const publisher of nodes) if (publisher !== node) judgePair(result, node, publisher);
  }
  return result;
}

function judgePair(result: ScenarioResult, node: Node, publisher: Node): void {
  const from = publisher.broker.node;
  for (const channel of CHANNELS) {
    const list = node.received.get(`${from} ${channel}`) ?? [];
    const seen = new Set(list);
    result.received += list.length;
    result.duplicates += list.length - seen.size;
    for (let at = 1; at < list.length; at++) if (list[at]! < list[at - 1]!) result.outOfOrder++;
    for (const publication of publisher.publications) {
      if (publication.channel !== channel) continue;
      result.expected++;
      if (seen.has(publication.index)) continue;
      const isAnnounced = node.interruptions.some(
        (window) =>
          (window.channel === undefined || window.channel === channel) &&
          (window.node === undefined || window.node === from) &&
          window.since <= publication.acceptedAt &&
          publication.calledAt <= window.until,
      );
      if (isAnnounced) result.lostInside++;
      else result.lostOutside++;
    }
  }
}

/** The results as a Markdown table. */
export function scenarioTable(results: readonly ScenarioResult[]): string {
  const head =
    '| fault | announced | expected | received | lost inside | lost outside | duplicates | out of order | rejected |';
  const rows = results.map(
    (it) =>
      `| ${it.fault} | ${it.announced} | ${it.expected} | ${it.received} | ${it.lostInside} | ${it.lostOutside} | ${it.duplicates} | ${it.outOfOrder} | ${it.rejected} |`,
  );
  return [head, '| --- | --: | --: | --: | --: | --: | --: | --: | --: |', ...rows].join('\n');
}
