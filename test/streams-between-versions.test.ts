import { type AGClientSocket, create } from '@asyngular/client';
import { jsonCodec } from '@asyngular/protocol';
import { type AGServerSocket, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';

// P16.1: each of the two ends may know streams, cancellation, both or neither, and call in either direction. What the
// other does not know is refused before anything is sent; plain calls work in any case.

const knowledge = [[], ['stream'], ['cancel'], ['stream', 'cancel']] as const;
type Known = (typeof knowledge)[number];

/** JSON as of a version that knows only these extensions of the two: it never named the others. */
function codecOf(known: Known, sent: Record<string, any>[]) {
  const forget = (handshake: Record<string, any> | undefined) => {
    if (!handshake?.ext) return;
    for (const name of ['stream', 'cancel'] as const) {
      if (!(known as readonly string[]).includes(name)) delete handshake.ext[name];
    }
  };
  return {
    encode(packet: any): string {
      const copy = JSON.parse(jsonCodec.encode(packet) as string);
      if (copy.event === '#handshake') forget(copy.data);
      for (const each of Array.isArray(copy) ? copy : [copy]) sent.push(each);
      return JSON.stringify(copy);
    },
    decode(message: string): unknown {
      const packet: any = jsonCodec.decode(message);
      if (packet?.event === '#handshake') forget(packet.data);
      return packet;
    },
  };
}

interface Pair {
  readonly caller: AGClientSocket | AGServerSocket;
  /** Everything that the caller has sent, and everything that it was sent. */
  readonly sent: Record<string, any>[];
  readonly received: Record<string, any>[];
  /** What became of the procedure `wait`. */
  readonly state: { aborted: boolean };
}

async function startPair(client: Known, server: Known, from: 'client' | 'server'): Promise<Pair> {
  const [clientSent, serverSent] = [[], []] as Record<string, any>[][];
  const agServer = listen(0, {
    authKey: 'test key',
    logger: false,
    codecEngine: codecOf(server, serverSent!) as any,
  });
  await nextEvent(agServer.httpServer!, 'listening');
  const socket = create({
    hostname: '127.0.0.1',
    port: agServer.port!,
    codecEngine: codecOf(client, clientSent!) as any,
  });
  onCleanup(async () => {
    socket.disconnect();
    await agServer.close();
  });
  const state = { aborted: false };
  async function* count(to: number): AsyncGenerator<number> {
    for (let n = 1; n <= to; n++) yield n;
  }
  const wait = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        state.aborted = true;
        resolve();
      });
    });
  if (from === 'client') {
    agServer.handle('count', (to: number) => count(to));
    agServer.handle('once', (data) => data);
    agServer.handle('wait', (_data, { signal }) => wait(signal));
  } else {
    const serve = async (name: string, answer: (request: any) => void) => {
      for await (const request of socket.procedure(name)) answer(request);
    };
    void serve('count', (request) => request.end(count(request.data)));
    void serve('once', (request) => request.end(request.data));
    void serve('wait', (request) => wait(request.signal).then(() => request.end()));
  }
  await within('the connect event', socket.listener('connect').once());
  const [serverSocket] = Object.values(agServer.clients);
  return from === 'client'
    ? { caller: socket, sent: clientSent!, received: serverSent!, state }
    : { caller: serverSocket!, sent: serverSent!, received: clientSent!, state };
}

async function readAll(stream: AsyncIterable<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const members = ['credit', 'body', 'open', 'more', 'end', 'ask', 'timeout'] as const;

/** Members and packets of streams that have travelled. */
function used(packets: readonly Record<string, any>[]): string[] {
  const names = packets.flatMap((packet) => [
    ...members.filter((name) => name in packet),
    ...(/^#(?:credit|cancel|body)$/.test(packet.event) ? [packet.event as string] : []),
  ]);
  return [...new Set(names)];
}

const combinations = (['client', 'server'] as const).flatMap((from) =>
  knowledge.flatMap((client) => knowledge.map((server) => ({ from, client, server }))),
);

describe('P16.1 who knows which extension', () => {
  it.each(combinations)(
    'calls of the $from: the client knows $client, the server $server',
    async ({ from, client, server }) => {
      const agrees = (name: string) =>
        (client as readonly string[]).includes(name) &&
        (server as readonly string[]).includes(name);
      const { caller, sent, received, state } = await startPair(client, server, from);

      expect(await caller.invoke('once', 1)).toBe(1);

      if (agrees('stream')) {
        expect(await readAll(caller.stream('count', 300))).toHaveLength(300);
        for await (const item of caller.stream('count', 1_000)) if (item === 3) break;
        await until('the withdrawal', () => sent.some(({ event }) => event === '#cancel'));
      } else {
        const refused = { name: 'NotSupportedError' };
        await expect(readAll(caller.stream('count', 300))).rejects.toMatchObject(refused);
        await expect(
          caller.invoke('once', 1, { body: (async function* () {})() } as object),
        ).rejects.toMatchObject(refused);
      }

      await expect(caller.invoke('wait', 1, { ackTimeout: 30 })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(await caller.invoke('once', 2)).toBe(2);
      if (agrees('cancel')) await until('the abort', () => state.aborted);
      else expect(state.aborted).toBe(false);

      const names = used([...sent, ...received]);
      if (!agrees('stream')) {
        for (const name of ['credit', 'body', 'open', 'more', 'end', '#credit', '#body']) {
          expect(names).not.toContain(name);
        }
      }
      expect(names.includes('timeout')).toBe(agrees('cancel'));
      if (!agrees('stream') && !agrees('cancel')) expect(names).toEqual([]);
    },
  );
});
