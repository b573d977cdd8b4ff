import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, onConnection, startServer, until } from './support/server.js';

describe('calls and messages', () => {
  it('answers calls of the client with data, errors and nothing', async () => {
    const { server, open } = await startServer();
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('p')) {
          if (request.data === 'fail') request.error(new TypeError('bad'));
          else if (request.data === 'null error') request.error(null);
          else request.end(request.data);
        }
      })();
    });
    const client = await open();
    expect((await client.request('p', { a: 1 })).data).toEqual({ a: 1 });
    expect(await client.request('p')).toEqual({ rid: 3 });
    expect((await client.request('p', 'fail')).error).toMatchObject({
      name: 'TypeError',
      message: 'bad',
    });
    expect((await client.request('p', 'null error')).error.name).toBe('UnknownError');
  });

  it('calls the client; its error, a timeout and a closed socket reject', async () => {
    const { server, open } = await startServer();
    const connection = within('a connection', server.listener('connection').once());
    const client = await open();
    const { socket } = await connection;
    const answered = client
      .nextEvent('confirm')
      .then(({ cid }) => client.send({ rid: cid, data: 5 }));
    expect(await socket.invoke('confirm')).toBe(5);
    await answered;
    client
      .nextEvent('confirm')
      .then(({ cid }) => client.send({ rid: cid, error: { name: 'No', message: 'never' } }));
    await expect(socket.invoke('confirm')).rejects.toMatchObject({ name: 'No', message: 'never' });
    await expect(socket.invoke('confirm', 1, { ackTimeout: 20 })).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'Event response for confirm event timed out',
    });
    const pending = socket.invoke('confirm');
    client.close();
    await expect(pending).rejects.toMatchObject({ name: 'BadConnectionError', type: 'disconnect' });
    await expect(socket.invoke('confirm')).rejects.toMatchObject({
      name: 'BadConnectionError',
      type: 'connectAbort',
      message:
        'Socket invoke confirm event was aborted due to a bad connection; ' +
        'this socket is not open, and a client that comes back has a new one',
    });
  });

  it('emits BadConnectionError for a transmit on a closed socket and resolves', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    const socket = Object.values(server.clients)[0]!;
    client.close();
    await within('the closure', server.listener('closure').once());
    await socket.transmit('x', 1);
    await until('the warning', () => warnings.length > 0);
    expect(warnings[0]?.message).toBe(
      'Socket transmit x event was aborted due to a bad connection; ' +
        'this socket is not open, and a client that comes back has a new one',
    );
  });

  it('keeps the call order of transmits, publications, tokens and responses on the wire', async () => {
    const { server, open } = await startServer();
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('all')) {
          await socket.setAuthToken({ name: 'ann' });
          socket.transmit('t', 1);
          server.exchange.transmitPublish('c', 2);
          request.end(3);
        }
      })();
    });
    const client = await open();
    await client.subscribe('c');
    await client.request('all');
    const order = client.received.slice(-4).map((packet) => packet.event ?? 'response');
    expect(order).toEqual(['#setAuthToken', 't', '#publish', 'response']);
  });

  it('reports an unencodable result to the caller at once', async () => {
    const { server, open, warnings } = await startServer();
    const cyclic: any = {};
    cyclic.self = cyclic;
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('p')) request.end(cyclic);
      })();
      socket.transmit('never', cyclic);
    });
    const client = await open();
    expect((await client.request('p')).error.message).toMatch(/circular/i);
    expect(warnings).toHaveLength(2);
    const socket = Object.values(server.clients)[0]!;
    await expect(socket.invoke('x', cyclic)).rejects.toThrow(/circular/i);
  });

  it('treats __proto__, constructor and toString as ordinary names (B1)', async () => {
    const { server, open } = await startServer();
    const got: unknown[] = [];
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '#custom'];
    onConnection(server, (socket) => {
      for (const name of names) {
        collect(socket.receiver(name), (data) => got.push(data));
        (async () => {
          for await (const request of socket.procedure(name)) request.end(name);
        })();
      }
    });
    const client = await open();
    for (const name of names) {
      client.transmit(name, name);
      expect((await client.request(name)).data).toBe(name);
    }
    expect(got).toEqual(names);
    // With nobody listening nothing happens at all.
    client.transmit('valueOf', 1);
    await client.settled();
    expect(server.stats().unhandledTransmits).toBe(1);
  });

  it('refuses names over maxNameLength and calls over maxPendingCalls', async () => {
    const { server, open } = await startServer({ maxNameLength: 5, maxPendingCalls: 2 });
    onConnection(server, (socket) => {
      collect(socket.procedure('hang'));
    });
    const client = await open();
    const tooLong = (what: string) => ({
      name: 'InvalidActionError',
      message: `The name of the ${what} 'longer' has 6 characters; the maxNameLength option of the server allows 5`,
    });
    expect((await client.request('longer')).error).toMatchObject(tooLong('procedure'));
    expect((await client.subscribe('longer')).error).toMatchObject(tooLong('channel'));
    client.send(client.call('hang'));
    client.send(client.call('hang'));
    expect((await client.request('hang')).error.name).toBe('InvalidActionError');
  });

  it('surfaces raw messages and its own as they are', async () => {
    const { server, open } = await startServer();
    const raw: unknown[] = [];
    onConnection(server, (socket) => {
      collect(socket.listener('raw'), ({ message }) => raw.push(message));
      socket.send('plain');
      socket.send(Buffer.from([1, 2]));
    });
    const client = await open();
    for (const message of ['5', 'null', '{"a":1}', '{"event":', '[null]']) client.send(message);
    client.send(Buffer.from([0xff, 0]));
    await client.settled();
    expect(raw).toEqual(['5', 'null', '{"a":1}', '{"event":', '[null]', Buffer.from([0xff, 0])]);
    expect(client.received).toContainEqual('plain');
    expect(client.received).toContainEqual(Buffer.from([1, 2]));
  });

  it('throws on a second answer, and reports an answer after the socket closed once', async () => {
    const { server, open, warnings } = await startServer();
    const requests: any[] = [];
    onConnection(server, (socket) => collect(socket.procedure('p'), (r) => requests.push(r)));
    const client = await open();
    client.send(client.call('p'));
    client.send(client.call('p'));
    await until('both calls', () => requests.length === 2);
    requests[0].end(1);
    expect(() => requests[0].end(1)).toThrow('already been sent');
    client.close();
    await within('the closure', server.listener('closure').once());
    requests[1].end(1);
    await until('the warning', () => warnings.length === 1);
    expect(warnings[0]?.name).toBe('BadConnectionError');
  });

  it('counts messages, and exposes remote address and bytes', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const socket = Object.values(server.clients)[0]!;
    client.transmit('x');
    await client.settled();
    expect(socket.inboundReceivedMessageCount).toBe(3);
    expect(socket.inboundProcessedMessageCount).toBe(3);
    expect(socket.outboundPreparedMessageCount).toBe(socket.outboundSentMessageCount);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(socket.getBytesReceived()).toBeGreaterThan(0);
    expect(socket.getBackpressure()).toBe(0);
    expect(socket.bufferedBytes).toBe(0);
    expect(socket.request.url).toBe('/asyngular/');
  });

  it('uses requestCreator and cloneData', async () => {
    const created: unknown[] = [];
    const { AGRequest } = await import('../src/index.js');
    const { server, open } = await startServer({
      cloneData: true,
      requestCreator(socket, id, procedure, data) {
        created.push(procedure);
        return new AGRequest(socket, id, procedure, data);
      },
    });
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('p')) {
          const data = { n: 1 };
          socket.startBatch();
          request.end(data);
          data.n = 2;
          socket.flushBatch();
        }
      })();
    });
    const client = await open();
    expect((await client.request('p')).data).toEqual({ n: 1 });
    expect(created).toEqual(['p']);
  });
});
