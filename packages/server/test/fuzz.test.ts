import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { uwsEngine } from '../src/uws.js';
import { conversation } from './fuzz/arbitraries.js';
import { attack } from './fuzz/attacker.js';
import { heldBytes } from './support/heap.js';
import { onConnection, startServer, until } from './support/server.js';
import { loadUws } from './support/uws.js';

// `npm run fuzz` sends 200,000 messages; the normal run sends fewer. FUZZ_SEED repeats a run.
const CASES = Number(process.env.FUZZ_CASES ?? 12_000);
const SHARE = Math.ceil(CASES / 3);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const CONNECTIONS = 40;

// Our own frame reader, the one of `ws` that compressed connections have, and that of uWebSockets.js,
// which drops what comes before it has answered the upgrade.
const engines = [
  ['direct', 'ws'],
  ['ws', { Server: WebSocketServer }],
  ['uws', uwsEngine(loadUws(), { host: '127.0.0.1' })],
] as const;

it.each(engines)(
  `survives ${SHARE} hostile messages, %s engine (FUZZ_SEED=${SEED})`,
  {
    timeout: 240_000,
  },
  async (name, wsEngine) => {
    const faults: unknown[] = [];
    const onFault = (error: unknown) => faults.push(error);
    process.on('uncaughtException', onFault);
    process.on('unhandledRejection', onFault);
    const { server, port, open, warnings } = await startServer({
      wsEngine,
      channels: {
        'log:*': { history: { size: 20 } },
        'room:*': { presence: true, history: { size: 20 } },
        'count:*': { presence: 'count' },
      },
      userId: () => 'everybody',
    });
    server.handle('echo', (data) => data);
    server.handle('fail', (data) => {
      throw data;
    });
    server.handle('ticks', async function* () {
      for (let tick = 0; tick < 2_000; tick++) yield tick;
    });
    server.handle('upload', async (_data, { body }) => {
      let items = 0;
      for await (const _item of body) items++;
      return items;
    });
    let notes = 0;
    onConnection(server, async (socket) => {
      for await (const _note of socket.receiver('note')) notes++;
    });
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'publishIn' && action.channel === 'news') action.block();
        else action.allow();
      }
    });
    const bystander = await open();
    await bystander.subscribe('heartbeat');

    try {
      const start = performance.now();
      let baseline = await heldBytes();
      let sent = 0;
      let conversations = 0;
      let batches = 0;
      for (let seed = SEED; sent < SHARE; seed++) {
        const all = fc.sample(conversation, { seed, numRuns: CONNECTIONS });
        for (const { messages } of all) sent += messages.length;
        conversations += all.length;
        batches++;
        // One for each fault of a client.
        warnings.length = 0;
        const attacks = all.map((one) => attack(port, one, name === 'uws'));
        await server.exchange.transmitPublish('heartbeat', batches);
        const asked = performance.now();
        const { data } = await bystander.request('echo', seed);
        if (data !== seed) throw new Error(`The bystander got a wrong answer at seed ${seed}`);
        const waited = performance.now() - asked;
        if (waited > 5_000) throw new Error(`The bystander waited ${waited} ms at seed ${seed}`);
        await Promise.all(attacks).catch((error) => {
          throw new Error(`At seed ${seed}`, { cause: error });
        });
        // The first round also compiles and fills caches.
        if (batches === 10) baseline = await heldBytes();
        if (faults.length > 0) throw new Error(`At seed ${seed}`, { cause: faults[0] });
      }
      await until('only the bystander is left', () => server.clientsCount === 1);
      await bystander.settled();
      const news = bystander.received.filter(({ event }) => event === '#publish');
      expect(news.map(({ data }) => data.data)).toEqual([...Array(batches)].map((_, i) => i + 1));
      expect(server.stats()).toMatchObject({
        clients: 1,
        pendingClients: 0,
        pendingHandshakes: 0,
        channels: 1,
        bufferedBytes: 0,
        stalledSockets: 0,
      });
      expect(notes).toBeGreaterThan(0);
      expect(faults).toEqual([]);
      // Nothing has leaked into what every object inherits.
      const inherited: string[] = [];
      for (const key in {}) inherited.push(key);
      expect(inherited).toEqual([]);
      const grown = ((await heldBytes()) - baseline) / 2 ** 20;
      expect(grown).toBeLessThan(8);
      console.log(
        `fuzz, ${name} engine: seeds ${SEED}–${SEED + batches - 1}, ${sent} messages in ${conversations} connections, ` +
          `${server.stats().handshakes} handshakes, ${faults.length} faults, heap ${grown >= 0 ? '+' : ''}${grown.toFixed(1)} MiB, ` +
          `${((performance.now() - start) / 1_000).toFixed(1)} s`,
      );
    } finally {
      process.off('uncaughtException', onFault);
      process.off('unhandledRejection', onFault);
    }
  },
);
