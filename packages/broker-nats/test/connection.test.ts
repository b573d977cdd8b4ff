import type { BrokerEvent } from '@asyngular/broker';
import { startNats } from '@asyngular/test-utils/nats';
import { freePort } from '@asyngular/test-utils/ports';
import type { Service } from '@asyngular/test-utils/service';
import { until } from '@asyngular/test-utils/wait';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { natsBroker } from '../src/index.js';

const services: Service[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
});

async function start(config = ''): Promise<Service> {
  const service = await startNats(config);
  services.push(service);
  return service;
}

function record() {
  const payloads: unknown[] = [];
  const events: BrokerEvent[] = [];
  return {
    payloads,
    events,
    onMessage: (_channel: string, message: { payload: unknown }) => payloads.push(message.payload),
    onEvent: (event: BrokerEvent) => events.push(event),
  };
}

describe('natsBroker()', () => {
  it('uses a connection of the application, without echo, and leaves it open', async () => {
    const { port } = await start();
    const connection = await connect({ port, maxReconnectAttempts: -1 });
    const broker = natsBroker({ connection });
    const other = natsBroker({ port });
    const [sink, otherSink] = [record(), record()];
    await Promise.all([broker.start(sink), other.start(otherSink)]);
    await Promise.all([broker.subscribe('x'), other.subscribe('x')]);
    await broker.publish('x', '1');
    await other.publish('x', '2');
    await until('both messages', () => sink.payloads.length + otherSink.payloads.length === 2);
    expect([sink.payloads, otherSink.payloads]).toEqual([['2'], ['1']]);
    await Promise.all([broker.close(), other.close()]);
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
    await connection.close();
    expect(() => natsBroker({ connection })).toThrow('it must be an open NATS connection');
  });

  it('keeps trying, with warnings, until there is a server', async () => {
    const port = await freePort();
    const broker = natsBroker({ port, reconnectTimeWait: 50, timeoutMs: 20_000 });
    const sink = record();
    const started = broker.start(sink);
    const sent = broker.publish('x', 'early');
    const subscribed = broker.subscribe('x');
    await until('a warning', () => sink.events.some(({ type }) => type === 'warning'));
    expect(broker.status).toBe('connecting');
    const service = await startNats('', port);
    services.push(service);
    await Promise.all([started, sent, subscribed]);
    expect(broker.status).toBe('connected');
    await broker.close();
  });

  it('passes credentials through, and rejects what the server does not permit', async () => {
    const { port } = await start(
      'authorization { users = [{ user: u, password: p, permissions: { publish: ["asyngular.n", "asyngular.c.open"], subscribe: ["asyngular.n", "asyngular.c.open"] } }] }',
    );
    const broker = natsBroker({ port, user: 'u', pass: 'p' });
    const sink = record();
    await broker.start(sink);
    await broker.subscribe('open');
    await expect(broker.subscribe('secret')).rejects.toMatchObject({
      code: 'ERR_BROKER_UNAVAILABLE',
      reason: 'refused',
    });
    await expect(broker.publish('secret', 'x')).rejects.toMatchObject({ reason: 'refused' });
    await broker.publish('open', 'x');
    expect(broker.status).toBe('connected');
    await broker.close();
  });

  it('rejects a message the server takes for too large', async () => {
    const { port } = await start('max_payload: 1024\n');
    const broker = natsBroker({ port });
    await broker.start(record());
    await expect(broker.publish('x', 'x'.repeat(2_000))).rejects.toMatchObject({
      reason: 'refused',
    });
    await broker.publish('x', 'x');
    await broker.close();
  });
});
