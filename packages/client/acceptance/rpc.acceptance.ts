import { jsonCodec } from '@asyngular/protocol';
import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { serverKind, settle, startServer } from './support/test-server.js';
import { rejection, soon } from './support/within.js';

const transmitRow = 'methods/transmit(receiverName,data)';
const invokeRow = 'methods/invoke(procedureName,data)';
const sendRow = 'methods/send(data,[options])';

row(transmitRow, 'reaches the server’s receiver in the order of the calls', async () => {
  const server = await startServer();
  const client = await server.open();
  const values = [1, 'two', { three: 3 }, [4], null, true];
  for (const value of values) {
    client.transmit('note', value);
  }
  client.transmit('note');
  const received = await server.seen({ type: 'receive', name: 'note' }, 7);
  expect(received.map((entry) => entry.data)).toEqual([...values, undefined]);
});

row(transmitRow, 'returns a resolved promise', async () => {
  const server = await startServer();
  const client = await server.open();
  const seen: string[] = [];
  const promise = client.transmit('note', 1).then((value) => {
    seen.push('settled');
    expect(value).toBe(undefined);
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(seen).toEqual(['settled']);
  await promise;
});

row(
  transmitRow,
  'never throws or rejects; data that cannot be encoded is an error event',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const errors = collect(client.listener('error'));
    const cycle: any = {};
    cycle.self = cycle;
    expect(await soon('transmit', client.transmit('note', cycle))).toBe(undefined);
    await errors.until(1);
    expect(errors.values[0]?.error).toBeInstanceOf(Error);
    await settle(client);
  },
);

row(transmitRow, 'opens a closed socket and waits for it', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  client.transmit('note', 'early');
  expect(client.state).toBe('connecting');
  await server.seen({ type: 'receive', data: 'early' });
});

row(invokeRow, 'resolves with the answer', async () => {
  const server = await startServer();
  const client = await server.open();
  for (const value of [1, 'two', { three: [3] }, null, 0, false, '']) {
    expect(await client.invoke('echo', value)).toEqual(value);
  }
  expect(await client.invoke('echo')).toBe(undefined);
});

row(invokeRow, 'calls under way at once get their own answers', async () => {
  const server = await startServer();
  const client = await server.open();
  await server.faults({ holdToClient: ['"first"'] });
  const first = client.invoke('echo', 'first');
  expect(await client.invoke('echo', 'second')).toBe('second');
  await server.release();
  expect(await soon('first', first)).toBe('first');
});

row(invokeRow, 'rejects with the remote error as plain Error under its own name', async () => {
  const server = await startServer();
  const client = await server.open();
  const error = await rejection('fail', client.invoke('fail', { detail: 5, message: 'no luck' }));
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'CustomError', message: 'no luck', detail: 5 });
  expect(await rejection('failText', client.invoke('failText'))).toBe('plain text');
});

row(invokeRow, 'falsy errors of a peer are errors', async () => {
  const server = await startServer();
  const client = await server.open();
  await server.faults({ rewriteToClient: [{ match: '"x"', with: '{"rid":$rid,"error":0}' }] });
  expect(await rejection('error 0', client.invoke('echo', 'x'))).toBe(0);
});

row(invokeRow, 'TimeoutError after ackTimeout, of the socket or of the call', async () => {
  const server = await startServer();
  const client = await server.open({ ackTimeout: 500 });
  const started = performance.now();
  const error = await rejection('silent', client.invoke('silent'));
  expect(error.name).toBe('TimeoutError');
  expect(error.message).toContain('silent');
  expect(performance.now() - started).toBeGreaterThan(450);
  const patient = await server.open();
  const own = await rejection('silent', patient.invoke('silent', null, { ackTimeout: 20 }));
  expect(own.name).toBe('TimeoutError');
  expect(patient.ackTimeout).toBe(10_000);
  await settle(patient);
});

row(invokeRow, 'BadConnectionError when the connection is lost or given up', async () => {
  const server = await startServer();
  const client = await server.open();
  const lost = rejection('lost', client.invoke('silent'));
  await server.seen({ type: 'invoke', name: 'silent' });
  await server.cut();
  expect(await lost).toMatchObject({
    name: 'BadConnectionError',
    type: 'disconnect',
    code: 1006,
  });
  await server.faults({ holdUpgrade: true });
  const aborted = rejection('aborted', client.invoke('echo', 1));
  client.disconnect(4200, 'never mind');
  expect(await aborted).toMatchObject({
    name: 'BadConnectionError',
    type: 'connectAbort',
    code: 4200,
    reason: 'never mind',
  });
});

row(invokeRow, 'opens a closed socket', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  expect(await soon('echo', client.invoke('echo', 'early'))).toBe('early');
});

row(invokeRow, 'data that cannot be encoded rejects at once', async () => {
  const server = await startServer();
  const client = await server.open();
  const cycle: any = {};
  cycle.self = cycle;
  expect(await rejection('cycle', client.invoke('echo', cycle))).toBeInstanceOf(Error);
  await settle(client);
});

row(invokeRow, 'a middleware’s refusal rejects with its error', async () => {
  const server = await startServer({
    block: [
      { type: 'invoke', name: 'secret', error: { name: 'Forbidden', message: 'not you' } },
      { type: 'invoke', name: 'hush' },
    ],
  });
  const client = await server.open();
  expect(await rejection('secret', client.invoke('secret'))).toMatchObject({
    name: 'Forbidden',
    message: 'not you',
  });
  expect((await rejection('hush', client.invoke('hush'))).name).toBe(
    'SilentMiddlewareBlockedError',
  );
  await settle(client);
});

row(invokeRow, 'an AbortSignal ends the wait', async () => {
  const server = await startServer();
  const client = await server.open();
  const controller = new AbortController();
  const call = client.invoke('silent', null, { signal: controller.signal });
  await server.seen({ type: 'invoke', name: 'silent' });
  controller.abort();
  expect((await rejection('the abort', call)).name).toBe('AbortError');
  await settle(client);
});

row(sendRow, 'the server emits raw with identical text or bytes', async () => {
  const server = await startServer();
  const client = await server.open();
  client.send('plain');
  client.send(new Uint8Array([1, 0, 254]));
  client.send(new Uint8Array([9, 8]).buffer);
  const raws = await server.seen({ type: 'raw' }, 3);
  const [text, ...binary] = raws.map((entry) => entry.message);
  // Published servers hand text over as text only up to their WebSocket engine.
  expect(text).toBe('plain');
  expect(binary).toEqual([{ $binary: [1, 0, 254] }, { $binary: [9, 8] }]);
});

row(sendRow, 'is not batched', async () => {
  const server = await startServer();
  const client = await server.open();
  client.startBatch();
  client.transmit('note', 'batched');
  client.send('at once');
  await server.seen({ type: 'raw', message: 'at once' });
  expect(await server.find({ type: 'receive' })).toEqual([]);
  client.flushBatch();
  await server.seen({ type: 'receive', data: 'batched' });
});

row(sendRow, 'when not open gives BadConnectionError and leaves the connection alone', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  const events = record(client, ['connectAbort', 'connect', 'error']);
  /** The error of `send`, thrown or emitted. */
  const sendError = async (count: number): Promise<any> => {
    try {
      client.send('x');
    } catch (error) {
      return error;
    }
    return (await events.until('error', count)).error;
  };
  expect((await sendError(1)).name).toBe('BadConnectionError');
  client.connect();
  expect((await sendError(2)).name).toBe('BadConnectionError');
  await events.until('connect');
  expect(events.of('connectAbort')).toEqual([]);
  expect(await server.find({ type: 'raw' })).toEqual([]);
});

row(sendRow, 'accepts options', async () => {
  const server = await startServer();
  const client = await server.open();
  client.send('plain', { compress: false });
  await server.seen({ type: 'raw', message: 'plain' });
});

row(
  'methods/receiver(receiverName)',
  'the data of inbound transmits of that name, in order',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const a = collect(client.receiver('a'));
    const again = collect(client.receiver('a'));
    const b = collect(client.receiver('b'));
    await server.transmit('a', { n: 1 });
    await server.transmit('b', 'other');
    await server.transmit('a', 'two');
    await server.transmit('nobody', 1);
    await server.injectPacket({ event: 'a' });
    await a.until(3);
    await settle(client);
    expect(a.values).toEqual([{ n: 1 }, 'two', undefined]);
    expect(again.values).toEqual(a.values);
    expect(b.values).toEqual(['other']);
  },
);

row('methods/procedure(procedureName)', 'both answers reach the caller on the server', async () => {
  const server = await startServer();
  const client = await server.open();
  const requests = collect(client.procedure('ask'), (request) => {
    if (request.data === 'fail') {
      request.error(Object.assign(new Error('cannot'), { name: 'CannotError' }));
    } else {
      request.end(request.data);
    }
  });
  expect(await server.invoke('ask', { a: 1 })).toEqual({ result: { a: 1 } });
  expect(await server.invoke('ask', 'fail')).toMatchObject({
    error: { $error: { name: 'CannotError', message: 'cannot' } },
  });
  expect(requests.values[0]).toMatchObject({ procedure: 'ask', data: { a: 1 }, sent: true });
  expect(requests.values[0]?.socket).toBe(client);
});

row('methods/procedure(procedureName)', 'end() without data; a second answer throws', async () => {
  const server = await startServer();
  const client = await server.open();
  const errors: any[] = [];
  collect(client.procedure('ask'), (request) => {
    expect(request.sent).toBe(false);
    request.end();
    for (const answer of [() => request.end(1), () => request.error(new Error('late'))]) {
      try {
        answer();
      } catch (error) {
        errors.push(error);
      }
    }
  });
  expect((await server.invoke('ask')).result ?? null).toBe(null);
  expect(errors.map((error) => error.name)).toEqual(['InvalidActionError', 'InvalidActionError']);
});

row('options', 'cloneData sends the data as it was at the call', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false, cloneData: true });
  const data = { count: 1 };
  client.transmit('note', data);
  data.count = 2;
  await server.seen({ type: 'receive', data: { count: 1 } });
  const shared = server.client({ autoConnect: false });
  shared.transmit('note', data);
  data.count = 3;
  await server.seen({ type: 'receive', data: { count: 3 } });
});

row('codec', 'a codecEngine sees every packet in both directions', async () => {
  const server = await startServer();
  const seen: string[] = [];
  const client = await server.open({
    codecEngine: {
      encode: (packet: any) => {
        seen.push(`encode ${packet.event ?? 'answer'}`);
        return JSON.stringify(packet);
      },
      decode: (message: any) => {
        seen.push('decode');
        return JSON.parse(String(message));
      },
    },
  });
  expect(await client.invoke('echo', 1)).toBe(1);
  expect(seen).toEqual(['encode #handshake', 'decode', 'encode echo', 'decode']);
});

row('codec', 'decode errors are error events; the connection stays', async () => {
  const server = await startServer();
  const client = await server.open({
    codecEngine: {
      encode: (packet: any) => JSON.stringify(packet),
      decode: (message: any) => {
        if (String(message).includes('poison')) {
          throw new Error('cannot decode');
        }
        return JSON.parse(String(message));
      },
    },
  });
  const errors = collect(client.listener('error'));
  await server.transmit('a', 'poison');
  await errors.until(1);
  expect(errors.values[0]?.error.message).toBe('cannot decode');
  await settle(client);
});

row('codec', 'encode errors: a call rejects at once, a transmit is an error event', async () => {
  const server = await startServer();
  const client = await server.open({
    codecEngine: {
      encode: (packet: any) => {
        if (packet.data === 'poison') {
          throw new Error('cannot encode');
        }
        return JSON.stringify(packet);
      },
      decode: (message: any) => JSON.parse(String(message)),
    },
  });
  const errors = collect(client.listener('error'));
  expect((await rejection('call', client.invoke('echo', 'poison'))).message).toBe('cannot encode');
  client.transmit('note', 'poison');
  await errors.until(1);
  await settle(client);
});

row('codec', 'binary data travels as placeholders', async () => {
  const server = await startServer();
  const client = await server.open({ codecEngine: jsonCodec });
  client.transmit('note', { bytes: new Uint8Array([1, 2, 3]) });
  client.transmit('note', new Uint8Array([255]).buffer);
  const received = await server.seen({ type: 'receive' }, 2);
  expect(received.map((entry) => entry.data)).toEqual([
    { bytes: { base64: true, data: 'AQID' } },
    { base64: true, data: '/w==' },
  ]);
});

row('codec', 'dates, bytes and maps survive where the server knows of types', async () => {
  const server = await startServer();
  const client = await server.open();
  const at = new Date(0);
  const values = { at, bytes: new Uint8Array([1, 2]), map: new Map([['a', 1n]]) };
  const result = await client.invoke('echo', serverKind() === 'ours' ? values : { at });
  expect(result).toEqual(serverKind() === 'ours' ? values : { at: at.toISOString() });
});

row('codec', 'encode, decode and base64 helpers of the socket', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  expect(client.decode(client.encode({ event: 'a', data: 1 }))).toEqual({ event: 'a', data: 1 });
  expect(client.encodeBase64('Ünï ✓')).toBe('w5xuw68g4pyT');
  expect(client.decodeBase64('w5xuw68g4pyT')).toBe('Ünï ✓');
});
