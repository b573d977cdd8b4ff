import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { listen } from '@asyngular/server';
import { until } from './serve.js';

declare const gc: (() => void) | undefined;

const MEMBERS = 5_000;
const ROOM = 'room';
/** What docs/server.md promises of a member, per server that knows it. */
const MOST_BYTES = 600;

function heapBytes(): number {
  gc?.();
  gc?.();
  return process.memoryUsage().heapUsed;
}

/** Idle members of one channel on two servers of one process: one owns them, and one watches. */
export async function printPresence(): Promise<boolean> {
  const hub = new MemoryHub();
  const options = { channels: { [ROOM]: { presence: true as const } }, authKey: 'bounds' };
  const [owner, watcher] = [1, 2].map(() =>
    listen(0, { ...options, broker: memoryBroker({ hub }) }),
  );
  await Promise.all([owner!.listener('ready').once(), watcher!.listener('ready').once()]);
  const view = watcher!.presence(ROOM);
  await until('the watcher has asked', () => view.count === 0);
  const before = heapBytes();
  const room = owner!.presence(ROOM);
  for (let index = 0; index < MEMBERS; index++) {
    room.enter(`user-${index}-0123456789`, { status: 'online' });
  }
  await until('the watcher knows all', () => view.count === MEMBERS);
  const perMember = (heapBytes() - before) / MEMBERS / 2;
  console.log(
    `presence: ${MEMBERS} idle members, one server owns them and one watches: ${Math.round(perMember)} bytes per ` +
      `member and server (at most ${MOST_BYTES})`,
  );
  await owner!.close();
  await watcher!.close();
  return perMember <= MOST_BYTES;
}
