import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type AGClientSocket, create } from '@asyngular/client';
import { nextEvent } from '@asyngular/test-utils/event';
import { freePort } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import { pause, until, within } from '@asyngular/test-utils/wait';
import { buildWorkerPrograms, type WorkerPrograms } from '@asyngular/test-utils/worker-programs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ClusterApi } from '../src/server.js';
import { type BrokerName, brokerNames, readSettings } from '../src/settings.js';

let programs: WorkerPrograms;
const children: ChildProcess[] = [];
const sockets: AGClientSocket<ClusterApi>[] = [];

interface Cluster {
  readonly child: ChildProcess;
  readonly port: number;
  output(): string;
}

interface Guest {
  readonly socket: AGClientSocket<ClusterApi>;
  readonly heard: string[];
  readonly worker: number;
  readonly pid: number;
}

beforeAll(async () => {
  const source = join(import.meta.dirname, '../src');
  programs = await buildWorkerPrograms(join(source, 'main.ts'), {
    'primary/server': join(source, 'server.ts'),
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  for (const child of children.splice(0)) await endProcess(child, () => child.kill('SIGTERM'));
});
afterAll(() => {
  programs.remove();
});

/** Two workers, joined by a broker of their own. */
async function startCluster(broker: BrokerName): Promise<Cluster> {
  const port = await freePort();
  const child = spawn(process.execPath, [programs.primary, '--broker', broker, '--workers', '2'], {
    env: { ...process.env, PORT: String(port), DRAIN_MS: '100' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await until('the workers to listen', () => {
    if (child.exitCode !== null) throw new Error(output);
    return output.includes('2 workers');
  });
  return { child, port, output: () => output };
}

/** A client that notes what it hears in the lobby. */
async function enter(port: number): Promise<Guest> {
  const socket = create<ClusterApi>({
    hostname: '127.0.0.1',
    port,
    autoReconnectOptions: { initialDelay: 20, randomness: 20 },
    // node:cluster may hand a connection to a worker that has just been killed, and nobody answers it then.
    connectTimeout: 2_000,
  });
  sockets.push(socket);
  const heard: string[] = [];
  const room = socket.subscribe('room:lobby');
  (async () => {
    for await (const { text } of room) heard.push(text);
  })();
  await room.listener('subscribe').once(5_000);
  return { socket, heard, ...(await socket.invoke('whereAmI')) };
}

it('joins clients of all its workers, replaces them, and ends in good order', async () => {
  const { child, port, output } = await startCluster('nats');
  const guests: Guest[] = [];
  // Connections are shared out in turn, so that four clients are on both.
  for (let index = 0; index < 4; index++) guests.push(await enter(port));
  const workers = new Set(guests.map(({ worker }) => worker));
  expect(workers.size).toBe(2);
  for (const [index, { socket }] of guests.entries()) {
    await socket.invokePublish('room:lobby', { from: 'test', text: `${index}` });
  }
  await until('everybody to hear everybody', () => guests.every(({ heard }) => heard.length === 4));
  const health = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect([health.status, ((await health.json()) as any).broker.name]).toEqual([200, 'nats']);

  child.kill('SIGUSR2');
  await until('the workers to be replaced', () => output().includes('have been replaced'), output);
  for (const { socket } of guests) {
    await until('the client to be back', () => socket.isSubscribed('room:lobby'));
    const { worker } = await socket.invoke('whereAmI');
    expect(workers.has(worker)).toBe(false);
  }
  await guests[0]!.socket.invokePublish('room:lobby', { from: 'test', text: 'after' });
  await until('the last word', () => guests.every(({ heard }) => heard.at(-1) === 'after'));

  const exited = nextEvent(child, 'exit', output);
  child.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
}, 60_000);

it.each(brokerNames)(
  'on %s nobody misses a line when a worker is killed',
  async (broker) => {
    const { port, output } = await startCluster(broker);
    const [ada, bob] = [await enter(port), await enter(port)];
    expect(ada.worker, output()).not.toBe(bob.worker);
    const said: string[] = [];
    let isOver = false;
    const talk = async (socket: AGClientSocket<ClusterApi>, from: string) => {
      for (let line = 1; !isOver; line++) {
        const text = `${from} ${line}`;
        await socket.invokePublish('room:lobby', { from, text });
        said.push(text);
        await pause(5);
      }
    };
    const talks = Promise.all([talk(ada.socket, 'Ada'), talk(bob.socket, 'Bob')]);
    await until('both to talk', () => bob.heard.length > 20);

    // She may be back before anybody looks at her state.
    const missed = ada.socket.listener('disconnect').once();
    process.kill(ada.pid, 'SIGKILL');
    await within('Ada to be missed', missed);
    await until('Ada to be back', () => ada.socket.isSubscribed('room:lobby'), output);
    const heardBefore = ada.heard.length;
    await until('both to go on', () => ada.heard.length > heardBefore + 20, output);
    isOver = true;
    await talks;

    await until('Ada to have heard all', () => ada.heard.length >= said.length);
    await until('Bob to have heard all', () => bob.heard.length >= said.length);
    // Each line once, in one order for both.
    expect([...ada.heard].sort()).toEqual([...said].sort());
    expect(bob.heard).toEqual(ada.heard);
  },
  60_000,
);

it.each(brokerNames)(
  'on %s both workers show the same people, and only those who stay away leave when one is killed',
  async (broker) => {
    const { port, output } = await startCluster(broker);
    // Connections are shared out in turn: two people on each worker.
    const guests: Guest[] = [];
    for (let index = 0; index < 4; index++) guests.push(await enter(port));
    const [watcher, stays, other, leaves] = guests as [Guest, Guest, Guest, Guest];
    const watched = watcher.socket.channel('room:lobby').presence;
    const names = () =>
      [...watched.members.values()]
        .map(({ state }) => state.name)
        .sort()
        .join();
    const changes: string[] = [];
    (async () => {
      for await (const { type, member } of watched.changes()) {
        changes.push(member ? `${type} ${member.state.name}` : type);
      }
    })();
    await until('both workers to say who is there', () => changes.length > 0);
    const people = [
      [stays, 'Bob'],
      [other, 'Cy'],
      [leaves, 'Dan'],
    ] as const;
    for (const [{ socket }, name] of people) {
      await socket.channel('room:lobby').presence.enter({ name });
    }
    await until('three people', () => names() === 'Bob,Cy,Dan', names);
    expect([stays.worker, leaves.worker]).not.toContain(watcher.worker);

    // Dan's page ends with its server, and Bob's comes back elsewhere.
    process.kill(stays.pid, 'SIGKILL');
    leaves.socket.disconnect();
    await until('Bob to be back', () => stays.socket.isSubscribed('room:lobby'), output);
    stays.socket.channel('room:lobby').presence.update({ isTyping: true });
    await until(
      'Dan to be missed',
      () => names() === 'Bob,Cy',
      () => changes.join(),
    );
    await until(
      'Bob to type',
      () => changes.includes('update Bob'),
      () => changes.join(),
    );
    // There is one order for each of them, not for all.
    expect(changes.filter((change) => !change.startsWith('update')).sort()).toEqual([
      'enter Bob',
      'enter Cy',
      'enter Dan',
      'leave Dan',
      'sync',
    ]);
  },
  60_000,
);

it('names a setting that is impossible', () => {
  const read = (args: string[], env = {}) => {
    return () => readSettings(args, env);
  };
  expect(read(['--broker', 'mail'])).toThrow('The broker is "mail"; it must be nats or redis.');
  expect(read([], { WORKERS: 'many' })).toThrow('The number of workers is "many"');
  expect(read(['--port', '70000'])).toThrow('from 0 to 65535');
  expect(readSettings(['--workers', '2'], { WORKERS: '8', BROKER: 'redis' })).toMatchObject({
    workers: 2,
    broker: 'redis',
    brokerUrl: undefined,
    port: 8000,
  });
});
