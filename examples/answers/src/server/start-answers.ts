import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach, PublicError } from '@asyngular/server';
import type { AnswersApi } from '../shared/answers-api.js';
import { typeOut } from './words.js';

export interface StartOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** How long each word takes, ms. */
  readonly delayMs: number;
}

const MAX_QUESTION_LENGTH = 200;

const exampleDirectory = new URL('../../', import.meta.url);
const files: ReadonlyMap<string, { file: string; type: string }> = new Map([
  ['/', { file: 'public/index.html', type: 'text/html; charset=utf-8' }],
  ['/style.css', { file: 'public/style.css', type: 'text/css; charset=utf-8' }],
  ['/app.js', { file: 'dist/page/app.js', type: 'text/javascript; charset=utf-8' }],
]);

/** Serves the page and its answers on one port. */
export async function startAnswers({ port, delayMs }: StartOptions) {
  const httpServer = createServer(serveFile);
  const server = attach<AnswersApi>(httpServer, { allowClientPublish: false });
  /** Answers that are being typed out. */
  let atWork = 0;

  server.handle('answer', async function* (question, { signal }) {
    const { text, from } = readQuestion(question);
    atWork++;
    try {
      yield* typeOut(text, { from, delayMs, signal });
    } finally {
      atWork--;
    }
  });

  httpServer.listen(port);
  await once(httpServer, 'listening');
  return {
    port: (httpServer.address() as AddressInfo).port,
    get atWork() {
      return atWork;
    },
    /** Drops all connections: the pages come back by themselves. */
    dropConnections(): void {
      for (const socket of Object.values(server.clients)) socket.terminate();
    },
    async close(): Promise<void> {
      await server.close();
      httpServer.close();
      httpServer.closeAllConnections();
    },
  };
}

/** What a page sends may be anything. */
function readQuestion(question: unknown): { text: string; from: number } {
  const { text, from } = Object(question) as { text?: unknown; from?: unknown };
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_QUESTION_LENGTH) {
    throw new PublicError(`Ask something of 1 to ${MAX_QUESTION_LENGTH} characters`);
  }
  return { text, from: Number.isSafeInteger(from) ? Math.max(0, Number(from)) : 0 };
}

const serveFile: RequestListener = async ({ url = '/' }, response) => {
  const found = files.get(url.split('?', 1)[0] ?? '/');
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
    return;
  }
  const body = await readFile(new URL(found.file, exampleDirectory));
  response.writeHead(200, { 'content-type': found.type, 'cache-control': 'no-cache' }).end(body);
};
