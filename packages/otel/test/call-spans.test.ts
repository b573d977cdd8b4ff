import assert from 'node:assert/strict';
import { PublicError } from '@asyngular/server';
import { until } from '@asyngular/test-utils/wait';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { hasCall, isChild, keepContexts, start } from './support/traced.js';

keepContexts();

describe('calls', () => {
  it('P20.2 the span of the server is a child of the one of the client, and the work of the handler of that', async () => {
    const { server, client, tracer, spans, span } = await start();
    server.handle('add', async ([a, b]: [number, number]) => {
      await Promise.resolve();
      tracer.startSpan('query').end();
      return a + b;
    });
    const root = tracer.startSpan('page');
    const inside = trace.setSpan(context.active(), root);
    expect(await context.with(inside, () => client.invoke('add', [1, 2]))).toBe(3);
    root.end();
    const asked = await span(SpanKind.CLIENT, 'add');
    const served = await span(SpanKind.SERVER, 'add');
    const [page] = spans().filter(({ name }) => name === 'page');
    const [query] = spans().filter(({ name }) => name === 'query');
    expect(isChild(asked, page!)).toBe(true);
    expect(isChild(served, asked)).toBe(true);
    expect(isChild(query!, served)).toBe(true);
    expect(asked.attributes).toEqual({
      'rpc.system': 'asyngular',
      'rpc.method': 'add',
      'server.address': '127.0.0.1',
      'server.port': server.port,
    });
    expect(served.attributes).toMatchObject({
      'rpc.system': 'asyngular',
      'rpc.method': 'add',
      'asyngular.outcome': 'ok',
      'asyngular.socket.id': client.id,
    });
    expect(spans()).toHaveLength(4);
  });

  it('two at the same time keep to themselves', async () => {
    const { server, client, tracer, spans } = await start();
    server.handle(
      'ask',
      async (name: string) => {
        await Promise.resolve();
        tracer.startSpan(`of ${name}`).end();
      },
      { concurrency: 'parallel' },
    );
    const ask = (name: string) => {
      const root = tracer.startSpan(name);
      root.end();
      return context.with(trace.setSpan(context.active(), root), () => client.invoke('ask', name));
    };
    await Promise.all([ask('a'), ask('b')]);
    const traceOf = (name: string) =>
      spans()
        .find((each) => each.name === name)!
        .spanContext().traceId;
    expect(traceOf('of a')).toBe(traceOf('a'));
    expect(traceOf('of b')).toBe(traceOf('b'));
    expect(traceOf('a')).not.toBe(traceOf('b'));
  });

  it('say how they failed, and count as failed where somebody has to look at it', async () => {
    const { server, client, span } = await start({ exposeErrors: true });
    server.handle('taken', () => {
      throw new PublicError('taken', { name: 'NameTaken' } as never);
    });
    server.handle('broken', () => {
      throw new TypeError('oh');
    });
    for (const name of ['taken', 'broken', 'nobody']) {
      await expect(client.invoke(name as never)).rejects.toThrow();
      expect((await span(SpanKind.CLIENT, name)).status.code).toBe(SpanStatusCode.ERROR);
    }
    const taken = await span(SpanKind.SERVER, 'taken');
    expect(taken.status.code).toBe(SpanStatusCode.UNSET);
    expect(taken.attributes).toMatchObject({ 'asyngular.outcome': 'error' });
    const broken = await span(SpanKind.SERVER, 'broken');
    expect(broken.status).toMatchObject({ code: SpanStatusCode.ERROR, message: 'oh' });
    expect(broken.attributes).toMatchObject({
      'asyngular.outcome': 'internal',
      'error.type': 'TypeError',
    });
    expect(broken.events.map(({ name }) => name)).toEqual(['exception']);
    // A name that clients choose is an attribute, and not the name of a span.
    const nobody = await span(SpanKind.SERVER, 'call');
    expect(nobody.attributes).toMatchObject({
      'rpc.method': 'nobody',
      'asyngular.outcome': 'unhandled',
    });
  });

  it('have spans whatever their errors are made of, which the other side chooses', async () => {
    const { server, client, span } = await start({ exposeErrors: true });
    const odd = { message: 'no', name: 'Odd', code: { toString: 1 } };
    const toThrow: Record<string, unknown> = {
      odd: Object.assign(new Error('no'), odd),
      bare: Object.create(null),
      locked: new Proxy({}, { get: () => assert.fail('it was read') }),
    };
    for (const [name, error] of Object.entries(toThrow)) {
      server.handle(name, () => Promise.reject(error));
      await expect(client.invoke(name as never)).rejects.toThrow();
      expect((await span(SpanKind.SERVER, name)).status.code).toBe(SpanStatusCode.ERROR);
      expect((await span(SpanKind.CLIENT, name)).status.code).toBe(SpanStatusCode.ERROR);
    }
    void (async () => {
      for await (const request of client.procedure('confirm')) request.error(odd);
    })();
    await until('the loop', () => client.getProcedureConsumerCount('confirm') === 1);
    const [socket] = Object.values(server.clients);
    await expect(socket!.invoke('confirm' as never)).rejects.toThrow('no');
    const asked = await span(SpanKind.CLIENT, 'confirm');
    expect(asked.attributes['error.type']).toBe('Odd');
    expect(asked.events[0]!.attributes).toMatchObject({
      'exception.message': 'no',
      'exception.type': 'Odd',
    });
  });

  it('answered by a stream last until its end, and each step of it is inside', async () => {
    const { server, client, tracer, spans, span } = await start();
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    server.handle('count', async function* () {
      for (const n of [1, 2]) {
        tracer.startSpan(`step ${n}`).end();
        yield n;
        await released;
      }
    });
    const items: unknown[] = [];
    for await (const item of client.stream('count')) {
      items.push(item);
      if (item === 1) expect(spans().map(({ name }) => name)).toEqual(['step 1']);
      release();
    }
    expect(items).toEqual([1, 2]);
    const asked = await span(SpanKind.CLIENT, 'count');
    const served = await span(SpanKind.SERVER, 'count');
    expect(isChild(served, asked)).toBe(true);
    expect(served.attributes['asyngular.stream']).toBe(true);
    for (const name of ['step 1', 'step 2']) {
      expect(isChild(await span(SpanKind.INTERNAL, name), served)).toBe(true);
    }
  });

  it('of the server to a client belong to what the server does', async () => {
    const { server, client, tracer, span } = await start();
    void (async () => {
      for await (const request of client.procedure('confirm')) {
        if (request.data === 'yes') request.end('done');
        else request.error(new Error('no'));
      }
    })();
    await until('the loop', () => client.getProcedureConsumerCount('confirm') === 1);
    const [socket] = Object.values(server.clients);
    const job = tracer.startSpan('job');
    const inside = trace.setSpan(context.active(), job);
    const ask = (data: string) =>
      context.with(inside, () => socket!.invoke('confirm' as never, data as never));
    expect(await ask('yes')).toBe('done');
    job.end();
    const asked = await span(SpanKind.CLIENT, 'confirm');
    expect(isChild(asked, await span(SpanKind.INTERNAL, 'job'))).toBe(true);
    expect(asked.status.code).toBe(SpanStatusCode.UNSET);
    expect(asked.attributes).toEqual({
      'rpc.system': 'asyngular',
      'rpc.method': 'confirm',
      'asyngular.outcome': 'ok',
      'asyngular.socket.id': socket!.id,
    });
  });

  it('of the server that the client refuses count as failed', async () => {
    const { server, span } = await start({}, { traces: 'server' });
    const [socket] = Object.values(server.clients);
    await expect(socket!.invoke('nobody' as never)).rejects.toThrow();
    const asked = await span(SpanKind.CLIENT, 'nobody');
    expect(asked.status.code).toBe(SpanStatusCode.ERROR);
    expect(asked.attributes['asyngular.outcome']).toBe('error');
  });

  it('that are cancelled are over on both sides, and nobody has to look at them', async () => {
    const { server, client, span } = await start();
    server.handle('wait', (_data, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    server.handle('endless', async function* () {
      for (let n = 0; ; n++) yield n;
    });
    const controller = new AbortController();
    const call = client.invoke('wait', undefined, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toThrow();
    for await (const item of client.stream('endless')) if (item === 3) break;
    for (const name of ['wait', 'endless']) {
      for (const kind of [SpanKind.CLIENT, SpanKind.SERVER]) {
        const { status } = await span(kind, name);
        expect(status.code).toBe(SpanStatusCode.UNSET);
      }
      const { attributes } = await span(SpanKind.SERVER, name);
      expect(attributes['asyngular.outcome']).toBe('cancelled');
    }
  });

  it('end with the connection, and say so', async () => {
    const { server, client, span } = await start();
    server.handle('wait', () => new Promise(() => {}));
    const call = client.invoke('wait');
    await until('the call', () => hasCall(server));
    client.disconnect();
    await expect(call).rejects.toThrow();
    const { status, attributes } = await span(SpanKind.CLIENT, 'wait');
    expect(status.code).toBe(SpanStatusCode.ERROR);
    expect(attributes['error.type']).toBe('BadConnectionError');
    expect((await span(SpanKind.SERVER, 'wait')).attributes['asyngular.outcome']).toBe('cancelled');
  });
});
