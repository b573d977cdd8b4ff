import { deepEqual, equal } from 'node:assert/strict';
import { pause } from '@asyngular/test-utils/wait';
import { duty } from '../support/duty.js';
import type { Stage } from '../support/stage.js';

const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

/** A peer that keeps names in plain objects writes onto what all objects inherit from. */
function expectCleanPrototypes(): void {
  deepEqual(Object.keys(Object.prototype), [], 'Object.prototype was written to');
  deepEqual(Object.keys(Object), [], 'Object was written to');
}

async function callBothWays(stage: Stage): Promise<void> {
  const onServer: unknown[] = [];
  const onClient: unknown[] = [];
  const { client, socket } = await stage.connected({
    client: { ackTimeout: stage.callTimeoutMs },
    server: { ackTimeout: stage.callTimeoutMs },
    prepare: (it) => {
      for (const name of names) {
        it.procedure(name, (data) => data);
        it.receiver(name, (data) => onServer.push(data));
      }
    },
  });
  for (const name of names) {
    client.receiver(`${name}`, (data) => onClient.push(data));
    client.transmit(name, `to ${name}`);
    await socket.transmit(name, `to ${name}`);
  }
  const all = names.map((name) => `to ${name}`);
  await stage.until(
    'transmits to the server',
    () => onServer.length === all.length,
    () => onServer,
  );
  await stage.until(
    'transmits to the client',
    () => onClient.length === all.length,
    () => onClient,
  );
  deepEqual(onServer, all);
  deepEqual(onClient, all);
  for (const name of names) equal(await client.invoke(name, name), name);
  expectCleanPrototypes();
}

async function publishToAll(stage: Stage): Promise<void> {
  const { client, server } = await stage.connected({ client: { ackTimeout: stage.callTimeoutMs } });
  const seen: unknown[] = [];
  for (const name of names) {
    client.watch(name, (data) => seen.push(data));
    client.subscribe(name);
  }
  for (const name of names) await client.subscribed(name);
  for (const name of names) await client.invokePublish(name, `in ${name}`);
  const all = names.map((name) => `in ${name}`);
  await stage.until(
    'all publications',
    () => seen.length === all.length,
    () => seen,
  );
  deepEqual(seen, all);
  expectCleanPrototypes();
  for (const name of names) client.unsubscribe(name);
  await server.event('unsubscription', names.length);
  await pause(5);
  expectCleanPrototypes();
}

/** P3.10: names that plain objects inherit. Runs in isolation.ts, for what they do to some peers. */
export const nameDuties = [
  duty('P3.10', 'names such as __proto__ are ordinary in calls and transmits', callBothWays),
  duty('P3.10', 'names such as __proto__ are ordinary channels', publishToAll),
];
