import { type Program, startProgram } from '@asyngular/test-utils/program';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';

const listening = `
import { listen } from '@asyngular/server';
const server = listen(0, { authKey: 'test key', ackTimeout: 500 });
server.httpServer.once('listening', () => console.log('port ' + server.port + '.'));
`;

async function portOf(program: Program): Promise<number> {
  await program.printed('.\n');
  return Number(/port (\d+)\./.exec(program.output)![1]);
}

/** The handler of SIGTERM in docs/server.md. */
const onSigterm = (end: string) => `
process.once('SIGTERM', async () => {
  await server.${end};
  server.httpServer?.close();
});
`;

describe('F9: a program that ends its server ends with exit code 0', () => {
  it.each([
    ['close()', "for await (const { socket } of server.listener('connection')) void socket;"],
    ['close()', "for await (const order of server.exchange.subscribe('orders')) void order;"],
    [
      'close()',
      "for await (const { channel } of server.exchange.listener('subscribe')) void channel;",
    ],
    [
      'close()',
      "for await (const { channel } of server.brokerEngine.listener('subscribe')) void channel;",
    ],
    [
      'drain({ spread: 0 })',
      "for await (const { socket } of server.listener('connection')) await socket.listener('end').once();",
    ],
  ])('by %s, in spite of the loop: %s', async (end, loop) => {
    const program = await startProgram(
      `${listening}${onSigterm(end)}${loop}\nconsole.log('loop ended');`,
    );
    const port = await portOf(program);
    const client = new RawClient(`ws://127.0.0.1:${port}/asyngular/`);
    await client.handshake();
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe('exit code 0');
    expect(program.output).toContain('loop ended');
  });
});

describe('F2: a promise that a server forgets does not end its process', () => {
  it.each([
    ['a call that the client leaves unanswered', "socket.invoke('never')"],
    ['a call with wrong options', "socket.invoke('never', 1, { ackTimeout: 'soon' })"],
    [
      'a token that expires at a fraction of a second',
      'socket.setAuthToken({}, { expiresIn: 1.5 })',
    ],
    ['a token made of what the client sent', 'socket.setAuthToken(data)'],
    [
      'a token whose delivery cannot be confirmed',
      'socket.setAuthToken({}, { rejectOnFailedDelivery: true }); socket.disconnect()',
    ],
    [
      'a logout whose delivery cannot be confirmed',
      'socket.deauthenticate({ rejectOnFailedDelivery: true }); socket.disconnect()',
    ],
    ['a publication without an encoding', "server.exchange.transmitPublish('a', 1n)"],
    ['a message without an encoding', "socket.transmit('a', 1n)"],
    ['a channel that the socket is not in', "socket.kickOut('nowhere')"],
    ['a drain that ends twice', 'server.drain({ spread: 0, timeout: 0 }); server.close()'],
  ])('%s', async (_, forgotten) => {
    const program = await startProgram(`${listening}
      server.handle('go', (data, { socket }) => {
        setTimeout(() => console.log('survived'), 700); // what waits for an answer gives up after 500 ms
        ${forgotten};
        console.log('forgotten');
      });`);
    const client = new RawClient(`ws://127.0.0.1:${await portOf(program)}/asyngular/`);
    await client.handshake();
    client.send(client.call('go', { exp: 'soon' }));
    await program.printed('forgotten');
    client.terminate();
    await program.printed('survived');
  });
});
