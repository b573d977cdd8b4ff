import type { AGClientSocket } from '@asyngular/client';
import { type Collected, collect } from './record.js';
import { settle, type TestServer } from './test-server.js';
import { soon, turn } from './within.js';

/** One group of a socket's streams behind names that all groups share. */
export interface Family {
  name: 'listener' | 'receiver' | 'procedure';
  Name: 'Listener' | 'Receiver' | 'Procedure';
  stream(client: AGClientSocket, name: string): any;
  /** Writes `values` to the streams of `name` and resolves once they are there. */
  feed(server: TestServer, client: AGClientSocket, name: string, values: unknown[]): Promise<void>;
  /** The fed value of something a loop read. */
  value(item: any): unknown;
  close(client: AGClientSocket, name: string): void;
  closeAll(client: AGClientSocket): void;
  kill(client: AGClientSocket, name: string): void;
  killAll(client: AGClientSocket): void;
  killConsumer(client: AGClientSocket, id: number): void;
  backpressure(client: AGClientSocket, name: string): number;
  allBackpressure(client: AGClientSocket): number;
  consumerBackpressure(client: AGClientSocket, id: number): number;
  stats(client: AGClientSocket, id: number): unknown;
  statsList(client: AGClientSocket, name: string): unknown[];
  allStats(client: AGClientSocket): unknown[];
  has(client: AGClientSocket, name: string, id: number): boolean;
  hasAny(client: AGClientSocket, id: number): boolean;
  count(client: AGClientSocket, name: string): number;
  countAll(client: AGClientSocket): number;
}

function family(
  name: Family['name'],
  feed: Family['feed'],
  value: Family['value'] = (item) => item,
): Family {
  const Name = (name[0]!.toUpperCase() + name.slice(1)) as Family['Name'];
  const call =
    (method: string) =>
    (client: any, ...args: unknown[]) =>
      client[method](...args);
  return {
    name,
    Name,
    feed,
    value,
    stream: call(name),
    close: call(`close${Name}`),
    closeAll: call(`closeAll${Name}s`),
    kill: call(`kill${Name}`),
    killAll: call(`killAll${Name}s`),
    killConsumer: call(`kill${Name}Consumer`),
    backpressure: call(`get${Name}Backpressure`),
    allBackpressure: call(`getAll${Name}sBackpressure`),
    consumerBackpressure: call(`get${Name}ConsumerBackpressure`),
    stats: call(`get${Name}ConsumerStats`),
    statsList: call(`get${Name}ConsumerStatsList`),
    allStats: call(`getAll${Name}sConsumerStatsList`),
    has: call(`has${Name}Consumer`),
    hasAny: call(`hasAny${Name}Consumer`),
    count: call(`get${Name}ConsumerCount`),
    countAll: call(`getAll${Name}sConsumerCount`),
  };
}

let lastCallId = 1_000;

export const families: Family[] = [
  family('listener', async (_server, client, name, values) => {
    const socket: AGClientSocket<{ events: Record<string, unknown> }> = client;
    for (const value of values) {
      socket.emit(name, value);
    }
    await turn();
  }),
  family('receiver', async (server, client, name, values) => {
    await server.injectPacket(values.map((data) => ({ event: name, data })));
    await settle(client);
  }),
  family(
    'procedure',
    async (server, client, name, values) => {
      await server.injectPacket(values.map((data) => ({ event: name, data, cid: ++lastCallId })));
      await settle(client);
    },
    (request) => request.data,
  ),
];

/** Publishes to a subscribed channel, all in one tick. */
export async function publishAll(
  server: TestServer,
  client: AGClientSocket,
  channel: string,
  values: unknown[],
): Promise<void> {
  await server.injectPacket(values.map((data) => ({ event: '#publish', data: { channel, data } })));
  await settle(client);
}

/** Gives each group one unread consumer with that many packets. */
export async function feedAll(
  server: TestServer,
  client: AGClientSocket,
  counts: Record<Family['name'] | 'channel', number>,
): Promise<void> {
  const list = (length: number) => Array.from({ length }, (_, index) => index);
  for (const each of families) {
    each.stream(client, 'foo').createConsumer();
    await each.feed(server, client, 'foo', list(counts[each.name]));
  }
  client.channel('foo').createConsumer();
  await publishAll(server, client, 'foo', list(counts.channel));
}

export interface Gate {
  opened: Promise<void>;
  open(): void;
}

/** Something loop bodies can wait for. */
export function gate(): Gate {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export interface Segments {
  /** What each run of the loop read. */
  segments: unknown[][];
  /** Lets the first body finish. */
  release(): void;
  until(count: number): Promise<void>;
}

/** A loop that starts again whenever it ends; its first body waits for `release`. */
export function segments(
  stream: () => AsyncIterable<any>,
  value: (item: any) => unknown,
): Segments {
  const hold = gate();
  const read: unknown[][] = [];
  const reached: { count: number; resolve(): void }[] = [];
  const total = () => read.flat().length;
  void (async () => {
    for (;;) {
      const segment: unknown[] = [];
      read.push(segment);
      for await (const item of stream()) {
        segment.push(value(item));
        for (const waiter of reached) {
          if (total() >= waiter.count) {
            waiter.resolve();
          }
        }
        await hold.opened;
      }
    }
  })();
  return {
    segments: read,
    release: hold.open,
    until: (count) =>
      soon(
        `${count} values over restarted loops`,
        new Promise<void>((resolve) => {
          reached.push({ count, resolve });
          if (total() >= count) {
            resolve();
          }
        }),
      ),
  };
}

/** Loops over every group except `but`, to see whether one ends that should not. */
export function witnesses(client: AGClientSocket, but: Family | 'channel' | undefined) {
  const loops = new Map<string, Collected<any>>();
  for (const each of families) {
    if (each !== but) {
      loops.set(each.name, collect(each.stream(client, 'witness')));
    }
  }
  if (but !== 'channel') {
    loops.set('channel output', collect(client.channel('witness')));
    loops.set('channel listener', collect(client.channel('witness').listener('subscribe')));
  }
  return {
    ended: () => [...loops].filter(([, loop]) => loop.ended).map(([name]) => name),
    /** Ends the loops and makes sure that they could see it. */
    async done() {
      client.killAllListeners();
      client.killAllReceivers();
      client.killAllProcedures();
      client.killAllChannels();
      for (const loop of loops.values()) {
        await loop.untilEnded();
      }
    },
  };
}
