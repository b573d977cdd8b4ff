import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until, within } from '@asyngular/test-utils/wait';
import { SpanKind } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { instrument, linkTo, traceContext } from '../src/index.js';
import { hasCall, idsOf, isChild, keepContexts, start } from './support/traced.js';

keepContexts();

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
