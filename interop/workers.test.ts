import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until, within } from '@asyngular/test-utils/wait';
import { expect, test } from 'vitest';
import { Talk } from '../packages/workers/test/support/talk.js';
import {
  buildPrograms,
  connect,
  Primary,
  serverProgram,
} from '../packages/workers/test/support/workers.js';
import { loadPeer, type PublishedClient, publishedClients } from './support/peers.js';

// Workers that are replaced, and one that is killed, below published clients: they reconnect, and the rewind of the
// pattern has what they missed.

buildPrograms();

const room = 'last:news';

/** What a published client hears in the room. */
function listen(name: PublishedClient, port: number): { heard: string[]; connects: () => number } {
  const heard: string[] = [];
  let connects = 0;
  const socket = loadPeer(name).create({
    hostname: '127.0.0.1',
    port,
    path: '/asyngular/',
    multiplex: false,
    autoReconnectOptions: { initialDelay: 20, randomness: 20, maxDelay: 50 },
  });
  onCleanup(() => (socket.destroy ?? socket.disconnect).call(socket));
  if (typeof socket.listener !== 'function') {
    // Version 14: callbacks.
    socket.on('connect', () => connects++);
    socket.on('error', () => {});
    socket.subscribe(room).watch((data: string) => heard.push(data));
    return { heard, connects: () => connects };
  }
  (async () => {
    for await (const _ of socket.listener('connect')) connects++;
  })();
  (async () => {
    for await (const data of socket.subscribe(room)) heard.push(data);
  })();
  return { heard, connects: () => connects };
}

test.each(Object.keys(publishedClients) as PublishedClient[])(
  '%s misses nothing while workers are replaced, and when one is killed',
  async (name) => {
    const primary = await new Primary(serverProgram()).running();
    const peers = [listen(name, primary.port), listen(name, primary.port)];
    const ada = await connect(primary.port);
    const talk = new Talk(room);
    await talk.listen(ada);
    talk.speak(ada, 'Ada');
    await until('the peers to hear Ada', () => peers.every(({ heard }) => heard.length > 0));
    // From here on: what was said before they came is none of their business.
    const before = new Set(talk.said);

    primary.child.kill('SIGUSR2');
    await until('the restart', () => primary.seenOf('restart').length > 0, primary.seen);
    await until('the peers to be back', () => peers.every(({ connects }) => connects() >= 2));
    const pid: number = await ada.invoke('whereAmI');
    // She may be back before anybody looks at her state.
    const missed = ada.listener('disconnect').once();
    process.kill(pid, 'SIGKILL');
    await within('Ada to be missed', missed);
    await talk.goesOn(20, primary.seen);
    await talk.end(primary.seen);

    const wanted = talk.said.filter((line) => !before.has(line));
    for (const { heard } of peers) {
      const missed = () => wanted.filter((line) => !heard.includes(line));
      await until('the peer to have heard all', () => missed().length === 0, missed);
    }
    expect(wanted.length).toBeGreaterThan(20);
  },
  60_000,
);
