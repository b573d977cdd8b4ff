import { create } from '@asyngular/client';
import { type AGServer, type AGServerOptions, listen, PublicError } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { until, within } from '@asyngular/test-utils/wait';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientContext, instrument, linkTo, traceContext } from '../src/index.js';

const manager = new AsyncLocalStorageContextManager();
beforeAll(() => {
  context.setGlobalContextManager(manager.enable());
});
afterAll(() => {
  context.disable();
});

/** A server and a client that are traced, apart from each other, and the spans of both. */
async function start(
  options: AGServerOptions = {},
  {
    traces = 'both',
    clientContext,
  }: { traces?: 'both' | 'client' | 'server'; clientContext?: ClientContext } = {},
) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const server = listen(0, { authKey: 'key', ...options });
  await nextEvent(server.httpServer!, 'listening');
  if (traces !== 'client') {
    onCleanup(instrument({ server, tracerProvider, ...(clientContext && { clientContext }) }));
  }
  const client = create({ hostname: '127.0.0.1', port: server.port!, autoConnect: false });
  if (traces !== 'server') onCleanup(instrument({ client, tracerProvider }));
  onCleanup(async () => {
    client.disconnect();
    await server.close();
    server.httpServer?.close();
  });
  client.connect();
  await within('the connection', client.listener('connect').once());
  const spans = () => exporter.getFinishedSpans();
  return {
    server,
    client,
    spans,
    tracer: tracerProvider.getTracer('test'),
    /** The span of that kind, once it is there. */
    async span(kind: SpanKind, name?: string): Promise<ReadableSpan> {
      const matches = (each: ReadableSpan) =>
        each.kind === kind && (name === undefined || each.name === name);
      await until(
        `a span of kind ${SpanKind[kind]} ${name ?? ''}`,
        () => spans().some(matches),
        () => spans().map((each) => `${SpanKind[each.kind]} ${each.name}`),
      );
      return spans().find(matches)!;
    },
  };
}

function idsOf(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

/** Whether the second is a child of the first. */
function isChild(child: ReadableSpan, parent: ReadableSpan): boolean {
  const { traceId, spanId } = idsOf(parent);
  return child.parentSpanContext?.spanId === spanId && child.spanContext().traceId === traceId;
}

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

describe('publications', () => {
  it('of a client are children of its span, with the pattern of their channel', async () => {
    const { client, spans, span } = await start({ channels: { 'room:*': {} } });
    await client.invokePublish('room:1', 'hello');
    const made = await span(SpanKind.PRODUCER, 'publish');
    const taken = await span(SpanKind.SERVER, 'publish room:*');
    expect(isChild(taken, made)).toBe(true);
    expect(made.attributes).toMatchObject({
      'messaging.system': 'asyngular',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'room:1',
    });
    expect(taken.attributes).toMatchObject({
      'messaging.destination.name': 'room:1',
      'messaging.destination.template': 'room:*',
    });
    client.transmitPublish('news', 'without an answer');
    const { parentSpanContext } = await span(SpanKind.SERVER, 'publish');
    const [, unanswered] = spans().filter(({ kind }) => kind === SpanKind.PRODUCER);
    expect(parentSpanContext?.spanId).toBe(unanswered?.spanContext().spanId);
  });

  it('of the server are children of what made them, and no delivery is one', async () => {
    const { server, client, spans, span } = await start();
    server.handle('say', (data) => server.exchange.invokePublish('news', data).then(() => 'said'));
    const channel = client.subscribe('news');
    await within('the subscription', channel.listener('subscribe').once());
    const received = within('the publication', channel.once());
    await client.invoke('say', 'hello');
    expect(await received).toBe('hello');
    const served = await span(SpanKind.SERVER, 'say');
    expect(isChild(await span(SpanKind.PRODUCER, 'publish'), served)).toBe(true);
    // One of the call on each side, and one of the publication.
    expect(spans()).toHaveLength(3);
  });

  it('are linked by those who receive them, where the application puts its context into the data', async () => {
    const { server, client, tracer, span } = await start();
    server.handle('say', (text) =>
      server.exchange.invokePublish('news', { text, trace: traceContext() }).then(() => 'said'),
    );
    const channel = client.subscribe('news');
    await within('the subscription', channel.listener('subscribe').once());
    const received = within('the publication', channel.once());
    await client.invoke('say', 'hello');
    const link = linkTo(((await received) as { trace: unknown }).trace);
    tracer.startSpan('show', { links: [link!] }).end();
    const shown = await span(SpanKind.INTERNAL, 'show');
    const served = await span(SpanKind.SERVER, 'say');
    expect(shown.links[0]?.context).toMatchObject(idsOf(served));
  });
});

describe('one side alone', () => {
  it('the client sends nothing of it to a server that does not trace', async () => {
    const { server, client, span, spans } = await start({}, { traces: 'client' });
    const packets: unknown[] = [];
    server.use('inboundRaw', (action) => void packets.push(action.data));
    server.handle('ask', () => 'yes');
    await client.invoke('ask');
    await span(SpanKind.CLIENT, 'ask');
    expect(spans()).toHaveLength(1);
    expect(packets.filter((packet) => String(packet).includes('traceparent'))).toEqual([]);
  });

  it('the server begins a trace for clients that do not', async () => {
    const { server, client, span } = await start({}, { traces: 'server' });
    server.handle('ask', () => 'yes');
    await client.invoke('ask');
    expect((await span(SpanKind.SERVER, 'ask')).parentSpanContext).toBeUndefined();
  });

  it('clients may be linked or ignored in place of being believed', async () => {
    for (const clientContext of ['link', 'ignore'] as const) {
      const { server, client, span } = await start({}, { clientContext });
      server.handle('ask', () => 'yes');
      await client.invoke('ask');
      const asked = await span(SpanKind.CLIENT, 'ask');
      const served = await span(SpanKind.SERVER, 'ask');
      expect(served.parentSpanContext).toBeUndefined();
      const links = served.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));
      expect(links).toEqual(clientContext === 'link' ? [idsOf(asked)] : []);
    }
  });
});

it('ends when it is told to, with the spans that are open', async () => {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const { server, client } = await start();
  const end = instrument({ server, tracerProvider });
  let release = () => {};
  server.handle('wait', () => new Promise<void>((resolve) => (release = resolve)));
  const call = client.invoke('wait');
  await until('the call', () => hasCall(server));
  end();
  end();
  expect(exporter.getFinishedSpans()).toHaveLength(1);
  release();
  await call;
  await client.invoke('nobody').catch(() => {});
  expect(exporter.getFinishedSpans()).toHaveLength(1);
});

it('goes on for a client that is traced anew when the former tracing ends', async () => {
  const { client } = await start({}, { traces: 'server' });
  const exporters = [new InMemorySpanExporter(), new InMemorySpanExporter()];
  const ends = exporters.map((exporter) =>
    instrument({
      client,
      tracerProvider: new BasicTracerProvider({
        spanProcessors: [new SimpleSpanProcessor(exporter)],
      }),
    }),
  );
  onCleanup(() => ends[1]!());
  ends[0]!();
  await client.invoke('nobody').catch(() => {});
  expect(exporters.map((exporter) => exporter.getFinishedSpans().length)).toEqual([0, 1]);
});

it('refuses what it cannot trace', () => {
  expect(() => instrument({})).toThrow(/neither a server nor a client/);
  expect(() => instrument({ sever: 1 } as never)).toThrow(/did you mean server/);
  expect(() => instrument({ server: {} } as never)).toThrow(/server option of instrument/);
  expect(linkTo('no')).toBeUndefined();
  expect(linkTo({ traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` })).toBeUndefined();
  expect(traceContext()).toBeUndefined();
});

function hasCall(server: AGServer): boolean {
  return server
    .metricFamilies()
    .some(({ name, points }) => name === 'asyngular_calls_in_flight' && isOne(points[0]));
}

function isOne(point: object | undefined): boolean {
  return point !== undefined && 'value' in point && point.value === 1;
}
