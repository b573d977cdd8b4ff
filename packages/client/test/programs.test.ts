import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { portOf } from '@asyngular/test-utils/ports';
import { startProgram } from '@asyngular/test-utils/program';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

/** Answers the handshake and everything else a client asks, and may stop to read. */
async function startServer(): Promise<{ port: number; stopReading(): void }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onCleanup(() => {
    for (const webSocket of server.clients) webSocket.terminate();
    server.close();
  });
  await nextEvent(server, 'listening');
  server.on('connection', (webSocket) => {
    webSocket.on('message', (message) => {
      const { event, cid } = JSON.parse(String(message));
      const data = event === '#handshake' ? { id: 'one', pingTimeout: 60_000 } : undefined;
      if (cid) webSocket.send(JSON.stringify({ rid: cid, data }));
    });
  });
  return {
    port: portOf(server as never),
    stopReading() {
      for (const webSocket of server.clients) webSocket.pause();
    },
  };
}

const connecting = (port: number) => `
import { create } from '@asyngular/client';
const socket = create({ hostname: '127.0.0.1', port: ${port} });
socket.listener('connect').once().then(() => console.log('connected'));
process.on('exit', () => console.log('exit'));
`;

describe('F9: a program that ends its client ends with exit code 0', () => {
  it.each([
    ["for await (const item of socket.subscribe('news')) void item;"],
    ["for await (const { channel } of socket.listener('subscribe')) void channel;"],
    ["for await (const data of socket.receiver('note')) void data;"],
    ["for await (const request of socket.procedure('ask')) request.end();"],
    ["for await (const event of socket.channel('news').listener('subscribe')) void event;"],
  ])('by disposing of it, in spite of the loop: %s', async (loop) => {
    const { port } = await startServer();
    const program = await startProgram(`${connecting(port)}
      process.once('SIGTERM', () => socket[Symbol.asyncDispose]());
      ${loop}
      console.log('loop ended');`);
    await program.printed('connected');
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe('exit code 0');
    expect(program.output).toContain('loop ended');
  });

  it('by disconnect(), when its loops are in functions', async () => {
    const { port } = await startServer();
    const program = await startProgram(`${connecting(port)}
      process.once('SIGTERM', () => socket.disconnect());
      (async () => { for await (const item of socket.subscribe('news')) void item; })();`);
    await program.printed('connected');
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe('exit code 0');
  });

  it('R10: by disconnect() within 5 s when the server reads nothing', async () => {
    const server = await startServer();
    const program = await startProgram(`${connecting(server.port)}
      process.once('SIGTERM', () => {
        const startedAt = performance.now();
        process.on('exit', () => console.log('in time: ' + (performance.now() - startedAt < 6_500)));
        socket.disconnect();
      });`);
    await program.printed('connected');
    server.stopReading();
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe('exit code 0');
    expect(program.output).toContain('in time: true');
  });
});
