import { MemoryHub, memoryBroker } from '@asyngular/broker';
import type { AGClientSocket } from '@asyngular/client';
import type { AGServer, AGServerOptions } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { loadPeer } from '../interop/support/peers.js';
import * as support from './support/breaking-network.js';

// People, as applications see them: our client and our servers, with a network between them that breaks.

interface Api {
  clientProcedures: { confirm(question: string): boolean };
  clientReceivers: { notice: string };
  channels: { [room: `room:${string}`]: number | string; '#user': { unread: number } };
  authToken: { sub: string };
}

const startServer = (options: AGServerOptions = {}) =>
  support.startServer<Api>({
    channels: { 'room:*': { history: { size: 1_000 } } },
    userId: (socket) => socket.authToken?.sub,
    ...options,
  });

const connect = (port: number) => support.connect<Api>(port);

/** Logs the newest socket of the server in. */
async function logIn(server: AGServer<Api>, socket: AGClientSocket<Api>, sub: string) {
  await until('the connection', () => socket.state === 'open' && !!server.clients[socket.id!]);
  const authenticated = within('the token', socket.listener('authenticate').once());
  await server.clients[socket.id!]!.setAuthToken({ sub });
  await authenticated;
}

describe('a user', () => {
  it('is reached on all devices, typed by the contract', async () => {
    const { server } = await startServer();
    const devices = [connect(server.port!), connect(server.port!)];
    const notices: string[][] = [];
    const unread: number[][] = [];
    for (const device of devices) {
      notices.push(collect(device.receiver('notice'), (text) => text));
      await logIn(server, device, 'ada');
      const own = device.subscribe('#user');
      unread.push(collect(own, (data) => data.unread));
      await own.subscribed();
    }
    (async () => {
      for await (const request of devices[1]!.procedure('confirm')) {
        request.end(request.data === 'sure?');
      }
    })();
    const ada = server.user('ada');
    await ada.transmit('notice', 'hello');
    await ada.publish({ unread: 3 });
    expect(await ada.invoke('confirm', 'sure?', { timeoutMs: 10_000 })).toBe(true);
    await until('everything', () => unread.flat().length === 2 && notices.flat().length === 2);
    const ended = Promise.all(devices.map((device) => device.listener('disconnect').once()));
    await ada.disconnect(4500, 'logged out');
    expect(await within('the end', ended)).toMatchObject([{ code: 4500 }, { code: 4500 }]);
  });

  it("has the devices of published clients, too, and their channel '#user'", async () => {
    const { server } = await startServer({ userId: () => 'ada' });
    const client = loadPeer('socketcluster-client 20.0.2').create({
      hostname: '127.0.0.1',
      port: server.port!,
      path: '/asyngular/',
    });
    onCleanup(() => client.disconnect());
    const seen = collect<unknown>(client.subscribe('#user'));
    await client.listener('subscribe').once(5_000);
    expect(await server.user('ada').publish({ unread: 1 })).toMatchObject({ connections: 1 });
    await until('the publication', () => seen.length === 1);
    expect(seen).toEqual([{ unread: 1 }]);
    const [socket] = Object.values(server.clients);
    const joined = collect<unknown>(client.channel('room:1'));
    const messages = collect<{ message: string }>(client.listener('message'));
    await socket!.joinChannel('room:1');
    await server.exchange.invokePublish('room:1', 1);
    await until('the packet', () =>
      messages.some(({ message }) => message.includes('"channel":"room:1","data":1')),
    );
    // They hand it out once they have asked themselves.
    await client.subscribe('room:1').listener('subscribe').once(5_000);
    await server.exchange.invokePublish('room:1', 2);
    await until('the second one', () => joined.length > 0);
    expect(joined).toEqual([2]);
  });
});

describe('a channel joined by the server', () => {
  it('has its publications read by loops, until the connection ends', async () => {
    const { server, proxy } = await startServer();
    const joins: Promise<void>[] = [];
    (async () => {
      for await (const { socket } of server.listener('connection')) {
        joins.push(socket.joinChannel('room:hall'));
      }
    })();
    const socket = connect(proxy.port);
    const seen = collect(socket.channel('room:hall'), (data) => data);
    const events = collect(socket.listener('subscribe'), ({ byServer }) => byServer);
    await until('the first subscription', () => events.length === 1);
    await server.exchange.invokePublish('room:hall', 1);
    await until('the first one', () => seen.length === 1);
    proxy.cut();
    await until('the loss', () => !socket.isSubscribed('room:hall'));
    await server.exchange.invokePublish('room:hall', 2);
    proxy.restore();
    await until('the second subscription', () => events.length === 2);
    await server.exchange.invokePublish('room:hall', 3);
    await until('the last one', () => seen.at(-1) === 3);
    // What came between the two connections is not recovered: the server has joined it anew.
    expect(seen).toEqual([1, 3]);
    expect(events).toEqual([true, true]);
    await Promise.all(joins);
  });
});

describe("a publication with except: 'self'", () => {
  it('comes to everybody else once, over any number of lost connections and servers', async () => {
    const hub = new MemoryHub();
    const [here, there] = [
      await startServer({ broker: memoryBroker({ hub }) }),
      await startServer({ broker: memoryBroker({ hub }) }),
    ];
    const ports = [here.proxy.port, there.proxy.port];
    const watcher = connect(there.server.port!);
    const all = collect(watcher.subscribe('room:1'), (data) => data);
    await watcher.channel('room:1').subscribed();

    const socket = connect(ports[0]!);
    const own = collect(socket.subscribe('room:1'), (data) => data);
    await socket.channel('room:1').subscribed();
    let sent = 0;
    for (let round = 0; round < 6; round++) {
      for (let many = 0; many < 5; many++) {
        await socket.invokePublish('room:1', ++sent, { except: 'self' });
      }
      const lost = socket.listener('disconnect').once();
      [here, there][round % 2]!.proxy.cut();
      await within('the loss', lost);
      await watcher.invokePublish('room:1', `other ${round}`);
      socket.disconnect();
      [here, there][round % 2]!.proxy.restore();
      socket.connect({ port: ports[(round + 1) % 2]! });
      await socket.channel('room:1').subscribed();
      await until('what was missed', () => own.at(-1) === `other ${round}`);
    }
    await until('all of it', () => all.length === 36);
    expect(all.filter((data) => typeof data === 'number')).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    expect(own).toEqual(Array.from({ length: 6 }, (_, round) => `other ${round}`));
  });
});
