import { describe, expect, it } from 'vitest';
import { collect, onConnection, startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

// What clients could do to the servers this one descends from, by the id of the defect: the attack, and
// the outcome here. Many are tested where they belong; the last test checks that none is forgotten.

describe('names that every object has', () => {
  it('sent as a response, a token or a number of a call do nothing (B3)', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    const call = socket!.invoke('x');
    const { cid } = await client.nextEvent('x');
    for (const rid of ['__proto__', 'constructor', 1e9, -1, null]) client.send({ rid, data: 'no' });
    for (const event of ['#__proto__', '#constructor', '#toString']) {
      client.transmit(event, 1);
      client.send({ event, cid: '__proto__' });
    }
    await client.settled();
    client.send({ rid: cid, data: 'yes' });
    expect(await call).toBe('yes');
  });

  it('as keys of parsed data pollute nothing (B4)', async () => {
    const { server, connect } = await startServer({ cloneData: true });
    const options: any[] = [];
    collect(server.listener('subscription'), (event) => options.push(event.subscriptionOptions));
    server.handle('login', (data, { socket }) => socket.setAuthToken(data));
    const client = connect();
    await client.opened();
    const evil = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
    client.send(`{"event":"#handshake","data":{"authToken":null,${evil}},"cid":1,${evil}}`);
    await client.response(1);
    client.send(`{"event":"#subscribe","data":{"channel":"c","data":{${evil}},${evil}},"cid":2}`);
    await client.response(2);
    client.send(`{"event":"#publish","data":{"channel":"c","data":{${evil}}},"cid":3}`);
    await client.response(3);
    client.send(`{"event":"login","data":{"name":"eve","__proto__":{"admin":true}},"cid":4}`);
    await client.response(4);
    expect(({} as any).polluted).toBeUndefined();
    expect(options[0].polluted).toBeUndefined();
    const [socket] = Object.values(server.clients);
    expect(socket!.authToken!.name).toBe('eve');
    expect(socket!.authToken!.admin).toBeUndefined();
  });

  it('numbers as channel names keep the order of subscribing (B5)', async () => {
    const { server, open } = await startServer();
    const left = collect(server.listener('unsubscription'), ({ channel }) => channel);
    const client = await open();
    const names = ['b', '10', '2', 'a'];
    for (const name of names) await client.subscribe(name);
    const [socket] = Object.values(server.clients);
    expect(socket!.subscriptions()).toEqual(names);
    client.terminate();
    await until('all are left', () => left.length === 4);
    expect(left).toEqual(names);
  });
});

describe('tokens', () => {
  it('of another algorithm are refused though the secret is right', async () => {
    const { open } = await startServer();
    const client = await open();
    expect((await client.request('#authenticate', sign({}))).data.isAuthenticated).toBe(true);
    for (const algorithm of ['HS384', 'HS512']) {
      const reply = await client.request('#authenticate', sign({}, { algorithm }));
      expect(reply.error).toMatchObject({ message: 'invalid algorithm', isBadToken: true });
    }
  });

  it('that are blocked stay with the client unless the error calls them bad', async () => {
    const { server, connect } = await startServer();
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        if (action.type !== 'authenticate') action.allow();
        else if (action.authToken.bad) {
          action.block(Object.assign(new Error('banned'), { isBadToken: true }));
        } else action.block(new Error('busy'));
      }
    });
    for (const bad of [true, false]) {
      const client = connect();
      await client.opened();
      const reply = await client.handshake(sign({ bad }));
      expect(reply.data.authError.message).toBe(bad ? 'banned' : 'busy');
      await client.settled();
      expect(client.received.some(({ event }) => event === '#removeAuthToken')).toBe(bad);
    }
  });
});

describe('too much', () => {
  it.each([
    ['a long batch', JSON.stringify(Array(10_001).fill({ event: 'x' })), 1008],
    ['a long message', `"${'x'.repeat(1_048_577)}"`, 1009],
    ['deep nesting', '['.repeat(5_000) + ']'.repeat(5_000), 1008],
  ])('%s is met by a default limit', async (_what, message, code) => {
    const { open } = await startServer();
    const client = await open();
    client.send(message);
    expect((await client.whenClosed()).code).toBe(code);
    await (await open()).settled();
  });

  it('P10.5 long names and endless calls are refused by default', async () => {
    const { server, open } = await startServer();
    onConnection(server, (socket) => collect(socket.procedure('hang')));
    const client = await open();
    const long = 'x'.repeat(1_001);
    for (const [event, data] of [
      [long, 1],
      ['#subscribe', { channel: long }],
      ['#publish', { channel: long }],
    ] as const) {
      expect((await client.request(event, data)).error.name).toBe('InvalidActionError');
    }
    client.send(Array.from({ length: 10_000 }, () => client.call('hang')));
    expect((await client.request('hang')).error.message).toMatch(/10000 calls wait/);
  });

  it('while a middleware awaits, the client is not read from', async () => {
    const { server, open } = await startServer({ inboundHighWaterMark: 100 });
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let handled = 0;
    onConnection(server, (socket) => collect(socket.receiver('x'), () => handled++));
    const client = await open();
    const other = await open();
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        if (action.socket.id === client.received[0].data.id) await gate;
        action.allow();
      }
    });
    const count = 30_000;
    for (let i = 0; i < count; i++) client.transmit('x', 'y'.repeat(100));
    const [socket] = Object.values(server.clients);
    await until('the mark is reached', () => socket!.getInboundBackpressure() >= 100);
    await other.settled();
    await other.settled();
    // What one read of the network brought may wait; the bulk stays with the client and its kernel.
    expect(socket!.inboundReceivedMessageCount).toBeLessThan(5_000);
    release();
    await until('all are handled', () => handled === count);
  });
});

describe('shared data', () => {
  it('that a loop of the exchange changes stays what it was for everybody else', async () => {
    const { server, open } = await startServer();
    collect(server.exchange.subscribe('c'), (data) => {
      data.text = 'changed';
    });
    const client = await open();
    await client.subscribe('c');
    const publication = { text: 'original' };
    await server.exchange.transmitPublish('c', publication);
    await client.request('#publish', { channel: 'c', data: { text: 'original' } });
    await client.settled();
    const got = client.received.filter(({ event }) => event === '#publish');
    expect(got.map(({ data }) => data.data.text)).toEqual(['original', 'original']);
    // By reference within the process, as docs/server.md says.
    expect(publication.text).toBe('changed');
  });
});

describe('backlogs', () => {
  it('are zero again after a kill, in both directions', async () => {
    const { server, open } = await startServer();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const line of ['inbound', 'outbound'] as const) {
      server.setMiddleware(line, async (actions) => {
        for await (const action of actions as AsyncIterable<any>) {
          if (action.type !== 'subscribe') await gate;
          action.allow();
        }
      });
    }
    const client = await open();
    await client.subscribe('c');
    const [socket] = Object.values(server.clients);
    for (let i = 0; i < 5; i++) {
      client.transmit('x');
      server.exchange.transmitPublish('c', i);
    }
    await until('five wait', () => socket!.getInboundBackpressure() === 5);
    expect(socket!.getOutboundBackpressure()).toBe(5);
    socket!.killIO();
    expect(socket!.getBackpressure()).toBe(0);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket!.getInboundBackpressure()).toBe(0);
    expect(socket!.getOutboundBackpressure()).toBe(0);
    expect(socket!.stats().unconsumedMessages).toBe(0);
    expect(client.received.some(({ event }) => event === '#publish')).toBe(false);

    const other = await open();
    const consumer = server.clients[other.received[0].data.id]!.receiver('x').createConsumer();
    other.send([{ event: 'x' }, { event: 'x' }]);
    await until('two wait', () => consumer.getBackpressure() === 2);
    const otherSocket = server.clients[other.received[0].data.id]!;
    otherSocket.killReceiver('x');
    expect(otherSocket.getBackpressure()).toBe(0);
    expect(otherSocket.stats().unconsumedMessages).toBe(0);
  });
});

describe('packets of the protocol', () => {
  it('do not appear on the streams of the application', async () => {
    const { server, open } = await startServer();
    const seen: unknown[] = [];
    const names = ['#handshake', '#authenticate', '#removeAuthToken', '#subscribe', '#publish'];
    onConnection(server, (socket) => {
      for (const name of names) {
        collect(socket.receiver(name), () => seen.push(name));
        collect(socket.procedure(name), () => seen.push(name));
      }
    });
    const client = await open();
    await client.request('#handshake', {});
    await client.request('#authenticate', sign({}));
    await client.request('#removeAuthToken');
    await client.subscribe('c');
    await client.request('#publish', { channel: 'c' });
    client.transmit('#publish', { channel: 'c' });
    await client.settled();
    expect(seen).toEqual([]);
  });

  it('of any shape leave the server and the other clients unharmed', async () => {
    const { server, open } = await startServer();
    const values = [
      undefined,
      null,
      0,
      -1,
      1.5,
      '',
      'x',
      true,
      [],
      [[]],
      {},
      { a: 1 },
      '__proto__',
    ];
    const events = ['#authenticate', '#removeAuthToken', '#subscribe', '#unsubscribe', '#publish'];
    let rejected: unknown;
    const onRejection = (error: unknown) => {
      rejected = error;
    };
    process.on('unhandledRejection', onRejection);
    for (const event of [...events, '#handshake', '#setAuthToken', '#kickOut', '#disconnect']) {
      const client = await open();
      for (const data of values) {
        for (const channel of values) {
          client.send({ event, data, cid: 5 });
          client.send({ event, data: { channel, data, authToken: data, code: data }, cid: data });
          client.send([{ event, data: channel }, data]);
        }
      }
      await Promise.race([client.settled(), client.whenClosed()]);
    }
    await (await open()).settled();
    process.off('unhandledRejection', onRejection);
    expect(rejected).toBeUndefined();
    expect(server.pendingClientsCount).toBe(0);
  });
});
