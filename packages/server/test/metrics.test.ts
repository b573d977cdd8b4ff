import { closeCodes, PublicError } from '@asyngular/protocol';
import { parseOpenMetrics, sampleValue } from '@asyngular/test-utils/openmetrics';
import { describe, expect, it } from 'vitest';
import { declarations, type MetricDeclaration } from '../src/metrics/declarations.js';
import { DurationHistogram } from '../src/metrics/histogram.js';
import { LagMeter } from '../src/metrics/lag-meter.js';
import { type TurnEnd, TurnTimes } from '../src/metrics/turn-times.js';
import { lastPlace, openRecovering, seenOn } from './support/recovery.js';
import { startServer, startWithClient, until } from './support/server.js';
import { VirtualClock } from './support/virtual-clock.js';

type Server = Awaited<ReturnType<typeof startServer>>['server'];

async function scrape(server: Server) {
  return parseOpenMetrics(await server.metrics());
}

/** How often each outcome came up that did, by procedure. */
async function outcomes(server: Server): Promise<Record<string, number>> {
  const samples = (await scrape(server)).get('asyngular_calls')?.samples ?? [];
  return Object.fromEntries(
    samples
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [`${labels.procedure} ${labels.outcome}`, value]),
  );
}

async function read(server: Server, name: string, labels?: Record<string, string>) {
  return sampleValue(await scrape(server), name, labels);
}

describe('the metrics of calls', () => {
  it('say what became of each', async () => {
    const { server, client } = await startWithClient({ exposeErrors: true });
    server.handle('add', ([a, b]: [number, number]) => a + b);
    server.handle('fail', () => {
      throw new PublicError('no');
    });
    server.handle('break', () => {
      throw new Error('oh');
    });
    // From now on calls are timed.
    await server.metrics();
    await client.request('add', [1, 2]);
    await client.request('add', [3, 4]);
    await client.request('fail');
    await client.request('break');
    await client.request('nobody');
    server.use('inbound', (action) => (action.type === 'invoke' ? false : undefined));
    await client.request('add', [5, 6]);
    expect(await outcomes(server)).toEqual({
      'add ok': 2,
      'add refused': 1,
      'fail error': 1,
      'break internal': 1,
      'other unhandled': 1,
    });
    const families = await scrape(server);
    const took = 'asyngular_call_duration_seconds_count';
    expect(sampleValue(families, took, { procedure: 'add' })).toBe(2);
    expect(sampleValue(families, took, { procedure: 'other' })).toBe(1);
    expect(sampleValue(families, 'asyngular_calls_in_flight')).toBe(0);
  });

  it('are 0 for outcomes that have not come up, so that the first of them is an increase', async () => {
    const { server, client } = await startWithClient();
    server.handle('add', () => 1);
    await client.request('add');
    const ofAdd = { procedure: 'add', outcome: 'internal' };
    expect(await read(server, 'asyngular_calls_total', ofAdd)).toBe(0);
    const ofOthers = { procedure: 'other', outcome: 'ok' };
    expect(await read(server, 'asyngular_calls_total', ofOthers)).toBe(0);
  });

  it('count what loops answer, and what nobody answers before the connection is lost', async () => {
    const { server, client, socket } = await startWithClient();
    const requests: any[] = [];
    (async () => {
      for await (const request of socket.procedure('ask')) requests.push(request);
    })();
    for (const n of [1, 2, 3]) client.send(client.call('ask', n));
    await until('the calls', () => requests.length === 3);
    requests[0].end('yes');
    requests[1].error(new Error('no'));
    expect(await read(server, 'asyngular_calls_in_flight')).toBe(1);
    expect(await outcomes(server)).toEqual({ 'other ok': 1, 'other error': 1 });
    client.terminate();
    await until('the end', () => server.clientsCount === 0);
    expect(await outcomes(server)).toEqual({
      'other ok': 1,
      'other error': 1,
      'other cancelled': 1,
    });
    expect(await read(server, 'asyngular_calls_in_flight')).toBe(0);
  });

  it('count a call that is withdrawn once, however its handler ends', async () => {
    const { server, connect } = await startServer();
    let release = () => {};
    server.handle('wait', () => new Promise<void>((resolve) => (release = resolve)));
    const client = connect();
    await client.opened();
    await client.request('#handshake', { authToken: null, ext: { cancel: {} } });
    const call = client.call('wait');
    client.send(call);
    await until('the call', () => server.metricFamilies().some(isOne('asyngular_calls_in_flight')));
    client.transmit('#cancel', { cid: call.cid });
    await client.settled();
    release();
    await until('its end', () => !server.metricFamilies().some(isOne('asyngular_calls_in_flight')));
    expect(await outcomes(server)).toEqual({ 'wait cancelled': 1 });
  });

  it('count streams while they are open', async () => {
    const { server, connect } = await startServer();
    server.handle('two', async function* () {
      yield 1;
      yield 2;
    });
    server.handle('endless', async function* () {
      for (let n = 0; ; n++) yield n;
    });
    const client = connect();
    await client.opened();
    await client.request('#handshake', { authToken: null, ext: { stream: {}, cancel: {} } });
    client.send({ event: 'two', cid: 11, credit: 10 });
    await client.next('the end of the stream', (packet) => packet.end !== undefined);
    client.send({ event: 'endless', cid: 12, credit: 2 });
    await client.next('the second item', (packet) => packet.more === 2);
    expect(await read(server, 'asyngular_open_streams')).toBe(1);
    expect(await read(server, 'asyngular_streams_total')).toBe(2);
    client.transmit('#cancel', { cid: 12 });
    await client.settled();
    expect(await read(server, 'asyngular_open_streams')).toBe(0);
    expect(await outcomes(server)).toEqual({ 'two ok': 1, 'endless cancelled': 1 });
  });

  it('have no label of names that clients choose', async () => {
    const { server, client } = await startWithClient({ channels: { 'room:*': {} } });
    server.handle('known', () => 'yes');
    const random = () => Math.random().toString(36).slice(2);
    for (let n = 0; n < 500; n++) {
      client.send(client.call(`p${random()}"\n`, n));
      client.transmit(`r${random()}`);
      client.transmit('#publish', { channel: `c${random()}`, data: 1 });
      client.send(client.call('#subscribe', { channel: `room:${random()}` }));
    }
    await client.request('known');
    await until(
      'all to be refused',
      async () => (await outcomes(server))['other unhandled'] === 500,
    );
    const families = await scrape(server);
    const values = new Set<string>();
    for (const { samples } of families.values()) {
      for (const { labels } of samples) {
        for (const name of ['procedure', 'pattern']) {
          if (labels[name] !== undefined) values.add(`${name} ${labels[name]}`);
        }
      }
    }
    expect([...values].sort()).toEqual([
      'pattern other',
      'pattern room:*',
      'procedure known',
      'procedure other',
    ]);
  });
});

describe('the metrics of a server', () => {
  it('are the ones that are declared, each with its labels', async () => {
    const { server, client } = await startWithClient({
      channels: { room: { history: {}, presence: true } },
    });
    await client.request('#subscribe', { channel: 'room' });
    await client.request('nobody');
    const families = await scrape(server);
    const found = [...families.values()].map(({ name, type, unit, help, samples }) => {
      const labels = new Set(samples.flatMap(({ labels: of }) => Object.keys(of)));
      labels.delete('le');
      return { name, type, unit, help, labels: [...labels] };
    });
    const declared = Object.values(declarations).map((declaration) => {
      const { name, type, unit, help, labels = [] }: MetricDeclaration = declaration;
      return { name, type, unit, help, labels: [...labels] };
    });
    expect(found).toEqual(declared);
  });

  it('count publications and deliveries by pattern', async () => {
    const { server, client, open } = await startWithClient({
      channels: { 'room:*': {}, 'room:log': { history: {} } },
    });
    const other = await open();
    for (const each of [client, other]) {
      await each.subscribe('room:1');
      await each.subscribe('news');
      await each.subscribe('room:log');
    }
    await server.exchange.invokePublish('room:1', 1);
    await client.request('#publish', { channel: 'news', data: 2 });
    await server.exchange.invokePublish('room:log', 3);
    await server.exchange.invokePublish('empty', 4);
    const families = await scrape(server);
    const of = (pattern: string) => [
      sampleValue(families, 'asyngular_publications_total', { pattern }),
      sampleValue(families, 'asyngular_deliveries_total', { pattern }),
    ];
    expect({ rooms: of('room:*'), log: of('room:log'), other: of('other') }).toEqual({
      rooms: [1, 2],
      log: [1, 2],
      other: [2, 2],
    });
  });

  it('count closes by the codes that mean something', async () => {
    const { server, open, connect } = await startServer();
    const mine = await open();
    mine.ws.close(4_777);
    const normal = await open();
    normal.close();
    const early = connect();
    await early.opened();
    early.send({ event: 'too early' });
    await until('the ends', async () => {
      const points = (await scrape(server)).get('asyngular_closes')?.samples ?? [];
      return points.reduce((sum, { value }) => sum + value, 0) === 3;
    });
    expect(await read(server, 'asyngular_closes_total', { code: 'other' })).toBe(1);
    const early4009 = String(closeCodes.messageBeforeHandshake);
    expect(await read(server, 'asyngular_closes_total', { code: early4009 })).toBe(1);
  });

  it('count recoveries, what they delivered, and how long they took', async () => {
    const started = await startServer({ channels: { room: { history: {} } } });
    const { server } = started;
    const first = await openRecovering(started);
    const { data } = await first.request('#subscribe', { channel: 'room' });
    await server.exchange.invokePublish('room', 'a');
    await until('the first', () => seenOn(first).length === 1);
    const recover = `${data.position.split(':')[0]}:${lastPlace(first)}`;
    first.terminate();
    await server.exchange.invokePublish('room', 'b');
    await server.exchange.invokePublish('room', 'c');
    const second = await openRecovering(started);
    await second.request('#subscribe', { channel: 'room', recover, away: 5 });
    await until('what was missed', () => seenOn(second).length === 2);
    const third = await openRecovering(started);
    await third.request('#subscribe', { channel: 'room', recover: 'zzzz:1:0', away: 5 });
    const families = await scrape(server);
    const recoveries = (outcome: string) =>
      sampleValue(families, 'asyngular_recoveries_total', { outcome });
    expect([recoveries('recovered'), recoveries('refused')]).toEqual([1, 1]);
    expect(sampleValue(families, 'asyngular_replayed_publications_total')).toBe(2);
    expect(sampleValue(families, 'asyngular_recovery_duration_seconds_count')).toBe(1);
  });

  it('show limits, the broker and readiness', async () => {
    const { server, client } = await startWithClient({ maxNameLength: 10 });
    await client.request('a name that is too long');
    const families = await scrape(server);
    expect(sampleValue(families, 'asyngular_limits_total', { limit: 'maxNameLength' })).toBe(1);
    expect(sampleValue(families, 'asyngular_broker_up')).toBe(1);
    expect(sampleValue(families, 'asyngular_ready')).toBe(1);
    expect(sampleValue(families, 'asyngular_clients')).toBe(1);
    expect(sampleValue(families, 'asyngular_handshakes_total')).toBe(1);
  });

  it('are counted for procedures with a handler only as far as there are not too many of them', async () => {
    const { server, client } = await startWithClient();
    for (let n = 0; n < 230; n++) server.handle(`p${n}`, () => n);
    for (let n = 0; n < 230; n++) client.send(client.call(`p${n}`));
    await until('all answers', async () => {
      const counts = Object.values(await outcomes(server));
      return counts.reduce((sum, value) => sum + value, 0) === 230;
    });
    expect((await outcomes(server))['other ok']).toBe(30);
  });
});

describe('the time of calls', () => {
  it('goes from the turn in which they come to the end of the turn that answers them', async () => {
    const { server, client } = await startWithClient();
    server.handle('compute', () => {
      const endMs = performance.now() + 20;
      while (performance.now() < endMs);
    });
    server.handle('wait', () => new Promise((resolve) => setTimeout(resolve, 20)));
    server.handle('quick', () => 1);
    await server.metrics();
    for (const procedure of ['quick', 'compute', 'wait']) await client.request(procedure);
    const families = await scrape(server);
    const took = (kind: string, procedure: string) =>
      sampleValue(families, `asyngular_call_duration_seconds_${kind}`, { procedure });
    expect(took('sum', 'compute')).toBeGreaterThanOrEqual(0.02);
    // A timer may be early by less than a millisecond.
    expect(took('sum', 'wait')).toBeGreaterThanOrEqual(0.019);
    for (const procedure of ['quick', 'compute', 'wait']) expect(took('count', procedure)).toBe(1);
  });

  it('costs two looks at the clock per turn, however many there are', () => {
    let nowMs = 0;
    let looks = 0;
    let turns = 0;
    const turnEnd: TurnEnd = { onFlushed: undefined, schedule: () => void turns++ };
    const times = new TurnTimes(turnEnd, () => {
      looks++;
      return nowMs;
    });
    times.isOn = true;
    const [add, list] = [new DurationHistogram(), new DurationHistogram()];
    const slow = times.begin();
    for (let n = 0; n < 100; n++) times.end(times.begin(), n % 10 === 0 ? list : add);
    nowMs = 4;
    turnEnd.onFlushed?.();
    expect(looks).toBe(2);
    expect(turns).toBeGreaterThan(0);
    turns = 0;
    nowMs = 20;
    times.end(slow, add);
    expect(turns).toBe(1);
    times.end(times.begin(), add);
    nowMs = 21;
    // Metrics that are read in between have all that has ended.
    times.settle();
    turnEnd.onFlushed?.();
    expect(looks).toBe(4);
    const spread = (histogram: DurationHistogram) => histogram.point({}).counts.slice(0, 6);
    expect(spread(list)).toEqual([0, 0, 10, 0, 0, 0]);
    expect(spread(add)).toEqual([1, 0, 90, 0, 1, 0]);
    expect(add.point({}).sum).toBeCloseTo((90 * 4 + 21 + 1) / 1_000);
  });
});

it('the lag of the event loop is how late its timers are', () => {
  const clock = new VirtualClock();
  let lateMs = 0;
  const meter = new LagMeter({
    now: () => clock.now(),
    after: (ms, work) => clock.after(ms + lateMs, work),
  });
  meter.start();
  meter.start();
  clock.pass(100);
  lateMs = 40;
  clock.pass(100 + 140);
  meter.stop();
  clock.pass(1_000);
  const { counts, sum } = meter.durations.point({});
  expect(counts.reduce((a, b) => a + b, 0)).toBe(3);
  expect(sum).toBeCloseTo(0.04);
});

function isOne(name: string) {
  return (family: { name: string; points: readonly object[] }) =>
    family.name === name && (family.points[0] as { value?: number }).value === 1;
}
