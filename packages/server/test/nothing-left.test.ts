import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { nextEvent } from '@asyngular/test-utils/event';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { type Program, startProgram } from '@asyngular/test-utils/program';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { onCleanup, until } from './support/server.js';

// A program that has only our server and the documented handler of SIGTERM ends by itself, which it does only
// when no socket, no timer and no request of ours is left.

const CLOSE_TIMEOUT_MS = 2_000;

/** What a program takes to end once the server is closed, on a busy machine. */
const SLACK_MS = 1_500;

interface Scene {
  port: number;
  program: Program;
  open(): Promise<RawClient>;
}

/** Starts a program with a server; `setup` is its code between the server and the handler. */
async function startScene(setup = '', options = '{}', end = 'close()'): Promise<Scene> {
  const program = await startProgram(`
    import { listen } from '@asyngular/server';
    const settings = { authKey: 'test key', closeTimeout: ${CLOSE_TIMEOUT_MS}, ...${options} };
    const server = listen(0, settings, () => console.log('port ' + server.port + '.'));
    ${setup}
    let closedAt;
    process.once('SIGTERM', async () => {
      const startedAt = performance.now();
      await server.${end};
      closedAt = performance.now();
      console.log('closed in time: ' + (closedAt - startedAt < ${CLOSE_TIMEOUT_MS} + 2_500));
      server.httpServer?.close();
    });
    process.on('exit', () => console.log('ended at once: ' + (performance.now() - closedAt < ${SLACK_MS})));
    for await (const { warning } of server.listener('warning')) {
      if (warning.message.includes(' cut ')) console.log(warning.message);
    }`);
  await program.printed('.\n');
  const port = Number(/port (\d+)\./.exec(program.output)![1]);
  const open = async (authToken?: string): Promise<RawClient> => {
    const client = new RawClient(`ws://127.0.0.1:${port}/asyngular/`);
    onCleanup(() => client.terminate());
    await client.handshake(authToken);
    return client;
  };
  return { port, program, open };
}

async function expectEnd({ program }: Scene): Promise<void> {
  program.child.kill('SIGTERM');
  expect(await program.ended()).toBe('exit code 0');
  expect(program.output).toContain('closed in time: true');
  expect(program.output).toContain('ended at once: true');
}

describe('F8: nothing of a closed server keeps its process alive:', () => {
  it('no handler that never returns', async () => {
    const scene = await startScene(`
      server.handle('never', () => new Promise(() => {}));
      server.handleTransmit('never', () => new Promise(() => {}));`);
    const client = await scene.open();
    client.send(client.call('never'));
    client.transmit('never');
    await client.settled();
    await expectEnd(scene);
    expect(scene.program.output).toContain('1 socket with calls or messages under way');
  });

  it('no middleware that never decides', async () => {
    const scene = await startScene(`
      server.setMiddleware('handshake', async (stream) => {
        for await (const action of stream) {
          if (action.type === 'handshakeWS' && action.request.url.includes('wait')) continue;
          action.allow();
        }
      });
      server.setMiddleware('inbound', async (stream) => { for await (const action of stream) void action; });
      setInterval(() => console.log('pending ' + server.stats().pendingHandshakes), 20).unref();`);
    const client = await scene.open();
    client.send(client.call('blocked'));
    const waiting = new RawClient(`ws://127.0.0.1:${scene.port}/asyngular/?wait`);
    await scene.program.printed('pending 1');
    await expectEnd(scene);
    await waiting.whenClosed();
  });

  it('no identity provider that does not answer', async () => {
    let requests = 0;
    const provider = createHttpServer(() => requests++);
    onCleanup(() => {
      provider.closeAllConnections();
      return closeServer(provider);
    });
    const port = await listenOn(provider);
    const scene = await startScene('', `{ authJwksUrl: 'http://127.0.0.1:${port}/' }`);
    const client = new RawClient(`ws://127.0.0.1:${scene.port}/asyngular/`);
    await client.opened();
    const parts = ['{"alg":"RS256","kid":"one"}', '{"name":"ann"}', 'a signature'];
    const authToken = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
    client.send(client.call('#handshake', { authToken }));
    await until('the request for keys', () => requests === 1);
    await expectEnd(scene);
  });

  it('no connection that has not said anything yet', async () => {
    const scene = await startScene();
    const socket = connect(scene.port, '127.0.0.1');
    onCleanup(() => socket.destroy());
    await nextEvent(socket, 'connect');
    await scene.open();
    await expectEnd(scene);
  });

  it('no client that does not read what it gets, or that it was sent away', async () => {
    const scene = await startScene(`
      server.handleTransmit('flood', (_, { socket }) => {
        for (let i = 0; i < 100; i++) socket.transmit('much', 'x'.repeat(65_536));
      });
      server.handleTransmit('leave', (_, { socket }) => {
        socket.disconnect();
        console.log('sent away');
      });`);
    const [flooded, away] = [await scene.open(), await scene.open()];
    for (const client of [flooded, away]) client.ws.pause();
    flooded.transmit('flood');
    away.transmit('leave');
    await scene.program.printed('sent away');
    await expectEnd(scene);
  });

  it('none of 1,000 clients that do not answer the close frame of drain()', {
    timeout: 120_000,
  }, async () => {
    const scene = await startScene('', '{}', 'drain({ spread: 0 })');
    for (let i = 0; i < 20; i++) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => scene.open()));
      for (const client of clients) client.ws.pause();
    }
    await expectEnd(scene);
    expect(scene.program.output).toContain('1000 connections without an answer to the close frame');
  });
});
