import { FakeNetwork, type FakeTransport } from '@asyngular/test-utils/fake-network';
import { until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type EnvelopeKind, encodeEnvelope, envelopeKinds } from '../src/envelope.js';
import { HeardNodes } from '../src/heard-nodes.js';
import type { BrokerInterruptionEvent } from '../src/index.js';
import { FleetBroker } from '../src/transport.js';

// Anybody who may write to the broker can write in the name of any node.

const LAST_SEQUENCE = 2 ** 48 - 1;

interface Node {
  broker: FleetBroker;
  transport: FakeTransport;
  payloads: unknown[];
  interruptions: BrokerInterruptionEvent[];
}

const nodes: Node[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(nodes.splice(0).map(({ broker }) => broker.close()));
});

async function createNode(network: FakeNetwork, heartbeatMs = 60_000): Promise<Node> {
  const transport = network.create();
  const broker = new FleetBroker(transport, { heartbeatMs });
  const node: Node = { broker, transport, payloads: [], interruptions: [] };
  nodes.push(node);
  await broker.start({
    onMessage: (_channel, { payload }) => node.payloads.push(payload),
    onEvent: (event) => {
      if (event.type === 'interruption') node.interruptions.push(event);
    },
  });
  return node;
}

function forge(
  name: string,
  sequence: number,
  { kind = envelopeKinds.text as EnvelopeKind, previous = 0, payload = 'forged' } = {},
): Uint8Array {
  return encodeEnvelope(kind, name, { sequence, previous, previousAgeMs: 0 }, payload);
}

describe('R11: a message with numbers that its node never gave', () => {
  it('does not silence the node on a channel, and is announced', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    await a.broker.publish('x', '1');
    const at = Date.now();
    b.transport.take('x', forge(a.broker.node, LAST_SEQUENCE));
    await a.broker.publish('x', '2');
    await a.broker.publish('x', '3');
    await until('all of them', () => b.payloads.length === 4);
    expect(b.payloads).toEqual(['1', 'forged', '2', '3']);
    expect(b.interruptions).toHaveLength(1);
    expect(b.interruptions[0]).toMatchObject({ channel: 'x', node: a.broker.node });
    expect(b.interruptions[0]!.since).toBeLessThanOrEqual(at);
    expect(b.interruptions[0]!.until).toBeGreaterThanOrEqual(at);
    expect(b.broker.stats().duplicates).toBe(0);
  });

  it('does not silence a node that had not been heard before', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    b.transport.take('x', forge(a.broker.node, LAST_SEQUENCE));
    await a.broker.publish('x', '1');
    await until('the genuine one', () => b.payloads.includes('1'));
    expect(b.interruptions).toHaveLength(1);
  });

  it('does not make heartbeats of the node inaudible', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network, 20), await createNode(network, 20)];
    const { tail: kind } = envelopeKinds;
    b.transport.take(null, forge(a.broker.node, LAST_SEQUENCE, { kind }));
    await until('the announcement', () => b.interruptions.length > 0);
    expect(b.interruptions[0]).toMatchObject({ node: a.broker.node, reason: 'node-unheard' });
  });

  it('that could be right hides what follows for half a minute, and then announces it', async () => {
    vi.useFakeTimers();
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    await a.broker.publish('x', '0');
    const at = Date.now();
    b.transport.take('x', forge(a.broker.node, 10_000));
    for (let second = 1; second <= 40; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await a.broker.publish('x', String(second));
    }
    expect(b.payloads.at(-1)).toBe('40');
    const [interruption] = b.interruptions;
    expect(interruption!.since).toBeLessThanOrEqual(at);
    // Everything from the announcement on has arrived.
    const lastMissing = Number(b.payloads[2]) - 1;
    expect(interruption!.until).toBeGreaterThanOrEqual(at + lastMissing * 1_000);
    expect(b.payloads.slice(2)).toEqual(
      Array.from({ length: 40 - lastMissing }, (_, index) => String(lastMissing + 1 + index)),
    );
  });

  it('of 10,000 nodes that do not exist leaves those that do audible', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    await a.broker.publish('x', '1');
    for (let index = 0; index < 10_000; index++) {
      b.transport.take('x', forge(String(index).padStart(16, '-'), 1, { payload: 'noise' }));
    }
    await a.broker.publish('x', '2');
    await until('the second one', () => b.payloads.includes('2'));
  });
});

describe('HeardNodes', () => {
  it('remembers a bounded number of nodes, and forgets the one that was silent for longest', () => {
    const heard = new HeardNodes();
    for (let index = 0; index < 4_096; index++) heard.hear(`node ${index}`, index);
    const old = heard.hear('node 0', 5_000);
    for (let index = 0; index < 100; index++) heard.hear(`stranger ${index}`, 5_001);
    expect(heard.size).toBe(4_096);
    expect(heard.hear('node 0', 5_002)).toBe(old);
  });

  it('forgets nodes that were heard only on channels, and chains of a channel given back', () => {
    const heard = new HeardNodes();
    const node = heard.hear('a', 1_000);
    node.chains.set('x', { sequence: 1, receivedAt: 1_000, repeatsSince: undefined });
    heard.forgetLane('x');
    expect(node.chains.size).toBe(0);
    heard.forgetSilentSince(1_001);
    expect(heard.size).toBe(0);
  });
});
