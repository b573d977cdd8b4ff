import { createServer } from 'node:http';
import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { attach } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import type { Overview, Page, SocketRow } from '../src/api/snapshots.js';
import type { InspectorOptions } from '../src/index.js';
import { type Inspected, startInspected } from './support/inspected.js';

/** Two servers that know each other. */
async function startTwo(options: Partial<InspectorOptions> = {}) {
  const hub = new MemoryHub();
  const here = await startInspected({ server: { broker: memoryBroker({ hub }) } });
  const there = await startInspected({
    server: { broker: memoryBroker({ hub }) },
    inspector: options,
  });
  const seen = async ({ read }: Inspected) => (await read<Overview>('overview')).servers;
  await until(
    'both servers',
    async () => (await seen(here)).length === 2,
    () => seen(here),
  );
  return { here, there, id: there.server.broker.node };
}

it('any server shows each of them', async () => {
  const { here, there, id } = await startTwo();
  await there.open();
  const { list, rows } = await here.read<Page<SocketRow>>(`sockets?server=${id}`);
  expect(rows.map((row) => row.id)).toEqual(Object.keys(there.server.clients));
  // A list is known on the server that made it, whichever was asked.
  expect(list.startsWith(`${id}.`)).toBe(true);
  expect(await here.read<Overview>(`overview?server=${id}`)).toMatchObject({ id });
  expect((await here.read<Page<SocketRow>>('sockets')).rows).toEqual([]);
});

it('what is done on another server is written in its log, with who did it where', async () => {
  const { here, there, id } = await startTwo();
  const client = await there.open();
  const [socket] = Object.keys(there.server.clients);
  const action = { action: 'disconnect', id: socket, code: 1_000 };
  expect((await here.act(action, `?server=${id}`)).status).toBe(200);
  expect((await client.whenClosed()).code).toBe(1_000);
  expect(there.lines.at(-1)).toContain(
    `inspector: somebody at ${here.server.broker.node} disconnected the socket ${socket} with 1000`,
  );
});

it('a server that is read-only stays so for everybody', async () => {
  const { here, there, id } = await startTwo({ readOnly: true });
  const client = await there.open();
  const [socket] = Object.keys(there.server.clients);
  const response = await here.act(
    { action: 'disconnect', id: socket, code: 1_000 },
    `?server=${id}`,
  );
  expect(response.status).toBe(403);
  await client.settled();
});

it('an answer that is too long for the broker says so', async () => {
  const { here, there, id } = await startTwo();
  const client = await there.open();
  // Characters that take three bytes, as names may.
  const names = Array.from({ length: 90 }, (_, place) => `${place}:${'€'.repeat(990)}`);
  for (const name of names) await client.subscribe(name);
  const [socket] = Object.keys(there.server.clients);
  expect((await there.ask(`api/socket?id=${socket}`)).status).toBe(200);
  expect((await here.ask(`api/socket?id=${socket}&server=${id}`)).status).toBe(200);
  const page = await here.read<Page<object>>(`channels?server=${id}`);
  expect(page.rows).toHaveLength(50);
});

it('a server that has gone is said to be gone', async () => {
  const { here, there, id } = await startTwo();
  await there.server.close();
  await until(
    'the goodbye',
    async () => (await here.ask(`api/overview?server=${id}`)).status === 410,
  );
  expect((await here.ask('api/overview?server=nobody')).status).toBe(410);
});

it('a server without an inspector is one that does not answer', async () => {
  const hub = new MemoryHub();
  const here = await startInspected({ server: { broker: memoryBroker({ hub }) } });
  const broker = memoryBroker({ hub });
  const there = attach(createServer(), { authKey: 'key', broker, fleet: true });
  onCleanup(() => there.close());
  const servers = async () => (await here.read<Overview>('overview')).servers.length;
  await until('the other server', async () => (await servers()) === 2);
  const answer = here.ask(`api/overview?server=${broker.node}`);
  let response: Response | undefined;
  answer.then((answered) => {
    response = answered;
  });
  await until('the end of its time', () => {
    here.clock.pass(1_000);
    return response !== undefined;
  });
  expect(response!.status).toBe(504);
  expect((await response!.json()).error).toContain('has it an inspector, too?');
});
