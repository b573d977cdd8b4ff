import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { startOther, startSelfSigned } from './support/broken-servers.js';
import { startServer } from './support/server.js';
import { FakeTerminal, lines } from './support/terminal.js';

describe('asyngular call', () => {
  it('prints the result of a procedure', async () => {
    const { server, url } = await startServer();
    server.handle('double', (data: number) => data * 2);
    const terminal = new FakeTerminal();
    expect(await terminal.run('call', 'double', '21', '--url', url)).toBe(exitCodes.done);
    expect(terminal.output).toBe('42\n');
  });

  it('takes what is not JSON as text, and refuses a slip of the pen in JSON', async () => {
    const { server, url } = await startServer();
    server.handle('echo', (data: unknown) => data);
    const terminal = new FakeTerminal();
    await terminal.run('call', 'echo', 'hello there', '-u', url);
    await terminal.run('call', 'echo', '{"a": 1}', '-u', url);
    await terminal.run('call', 'echo', '{"a": 1}', '--text', '-u', url);
    expect(terminal.lines).toEqual(['"hello there"', '{"a":1}', '"{\\"a\\": 1}"']);
    expect(await terminal.run('call', 'echo', '{a: 1}', '-u', url)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(/^error: \{a: 1\} is not JSON .*--text\n$/);
  });

  it('shows dates, maps and bytes by what is nearest in JSON', async () => {
    const { server, url } = await startServer();
    server.handle('values', () => [new Map([[1, 2n]]), new Set(['a']), new Uint8Array([1, 2])]);
    const terminal = new FakeTerminal();
    await terminal.run('call', 'values', '-u', url);
    expect(terminal.output).toBe('[[[1,"2"]],["a"],"AQI="]\n');
  });

  it('says why a call failed, on one line, with an exit code of its own', async () => {
    const { url } = await startServer();
    const terminal = new FakeTerminal();
    expect(await terminal.run('call', 'nothing', '-u', url)).toBe(exitCodes.refused);
    expect(terminal.errors).toMatch(/^error: The call of 'nothing' failed: NoHandlerError: .*\n$/);
    expect(terminal.output).toBe('');
  });

  it('ends a call that is interrupted', async () => {
    const { server, url } = await startServer();
    let isCalled = false;
    server.handle('never', () => {
      isCalled = true;
      return new Promise(() => {});
    });
    const terminal = new FakeTerminal();
    const code = terminal.run('call', 'never', '-u', url);
    await until('the call', () => isCalled);
    terminal.interrupt();
    expect(await code).toBe(exitCodes.interrupted);
    expect(terminal.errors).toBe('');
  });
});

describe('asyngular stream', () => {
  it('prints an item a line, and ends the procedure after --count', async () => {
    const { server, url } = await startServer();
    let isEnded = false;
    server.handle('count', async function* (from: number) {
      try {
        for (let n = from; ; n += 1) yield { n };
      } finally {
        isEnded = true;
      }
    });
    const terminal = new FakeTerminal();
    expect(await terminal.run('stream', 'count', '5', '-n', '2', '-u', url)).toBe(0);
    expect(terminal.output).toBe('{"n":5}\n{"n":6}\n');
    await until('the end of the generator', () => isEnded);
  });
});

describe('texts of others', () => {
  const nasty = '\u001b]52;c;aGk=\u0007two\nlines\tand \u009b2J\u202etxt';
  const harmless = '\\u001b]52;c;aGk=\\u0007two\\nlines\tand \\u009b2J\\u202etxt';

  it('are cut where nobody would read to the end', async () => {
    const { server, url } = await startServer({ exposeErrors: true });
    server.handle('fail', () => {
      throw new Error('long '.repeat(50_000));
    });
    const terminal = new FakeTerminal();
    await terminal.run('call', 'fail', '-u', url);
    expect(terminal.errors).toMatch(/ long long.*… \(2500\d\d characters\)\n$/);
    expect(terminal.errors.length).toBeLessThan(2_100);
  });

  it('are on one line, and do nothing to a terminal', async () => {
    const { server, url } = await startServer({ exposeErrors: true });
    server.handle('items', async function* () {
      yield nasty;
      yield [nasty];
    });
    server.handle('fail', () => {
      throw new Error(nasty);
    });
    const call = new FakeTerminal();
    await call.run('call', 'fail', '-u', url);
    const stream = new FakeTerminal();
    await stream.run('stream', 'items', '-u', url);
    expect(stream.lines[0]).toBe(harmless);
    expect(JSON.parse(stream.lines[1]!)).toEqual([nasty]);
    const tail = new FakeTerminal();
    const tailing = tail.run('tail', 'news', '-n', '1', '-u', url);
    await until('the subscription', () => server.health().channels === 1);
    await server.exchange.invokePublish('news', nasty);
    await tailing;
    expect(tail.lines.map((line) => line.split('  ')[1])).toEqual([harmless]);
    // Nothing but line breaks and tabs.
    expect(call.errors + stream.output + tail.output).not.toMatch(/(?![\n\t])\p{Cc}/u);
  });
});

describe('asyngular pub and tail', () => {
  it('carry publications from one terminal to another', async () => {
    const { server, url } = await startServer();
    const [tail, pub] = [new FakeTerminal(), new FakeTerminal()];
    const tailing = tail.run('tail', 'news', '--json', '-n', '3', '-u', url);
    await until('the subscription', () => server.health().channels === 1);
    expect(await pub.run('pub', 'news', '{"a":1}', '-u', url)).toBe(exitCodes.done);
    pub.input = lines('two', '3');
    expect(await pub.run('pub', 'news', '-', '-u', url)).toBe(exitCodes.done);
    expect(await tailing).toBe(exitCodes.done);
    expect(tail.errors).toBe('');
    expect(tail.lines.map((line) => JSON.parse(line))).toMatchObject([
      { channel: 'news', data: { a: 1 } },
      { channel: 'news', data: 'two' },
      { channel: 'news', data: 3 },
    ]);
  });

  it('say what was published before a line that cannot be', async () => {
    const { url } = await startServer();
    const terminal = new FakeTerminal();
    terminal.input = lines('one', '2', '{"three', 'four');
    expect(await terminal.run('pub', 'news', '-', '-u', url)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(
      /^error: \{"three is not JSON .* \(2 lines before it published\)\n$/,
    );
  });

  it('rewind where there is history', async () => {
    const { server, url } = await startServer({
      channels: { 'room:*': { history: {}, rewind: 10 } },
    });
    for (const n of [1, 2, 3]) await server.exchange.invokePublish('room:1', n);
    const terminal = new FakeTerminal();
    expect(await terminal.run('tail', 'room:1', '--rewind', '2', '-n', '2', '-u', url)).toBe(0);
    expect(terminal.lines.map((line) => line.split('  ')[1])).toEqual(['2', '3']);
  });

  it('rewind without a word where reading history is refused', async () => {
    const { server, url } = await startServer({
      channels: { 'room:*': { history: {}, rewind: 10 } },
    });
    let isAsked = false;
    const refuse = () => {
      isAsked = true;
      throw new Error('no paging');
    };
    server.use('inbound', refuse, { actions: ['history'] });
    await server.exchange.invokePublish('room:1', 1);
    const terminal = new FakeTerminal();
    const code = terminal.run('tail', 'room:1', '--rewind', '1', '-n', '2', '-u', url);
    await until('the past', () => terminal.lines.length === 1);
    await until('the request for history', () => isAsked);
    await server.exchange.invokePublish('room:1', 2);
    expect(await code).toBe(exitCodes.done);
    expect(terminal.errors).toBe('');
  });

  it('say that there is nothing to rewind to', async () => {
    const { server, url } = await startServer();
    const terminal = new FakeTerminal();
    const code = terminal.run('tail', 'news', '--rewind', '2', '-n', '1', '-u', url);
    await until('the note', () => terminal.errors.includes('no past to rewind to'));
    await server.exchange.invokePublish('news', 1);
    expect(await code).toBe(exitCodes.done);
    expect(terminal.errors).toMatch(/history/);
  });

  it('end without an error when interrupted', async () => {
    const { server, url } = await startServer();
    const terminal = new FakeTerminal();
    const code = terminal.run('tail', 'news', '-u', url);
    await until('the subscription', () => server.health().channels === 1);
    terminal.interrupt();
    expect(await code).toBe(exitCodes.done);
    expect(terminal.errors).toBe('');
    await until('the server to be left', () => server.health().clients === 0);
  });

  it('end when the server sends them away for good', async () => {
    const { server, url } = await startServer();
    const connected = within('the connection', server.listener('connection').once());
    const terminal = new FakeTerminal();
    const code = terminal.run('tail', 'news', '-u', url);
    (await connected).socket.disconnect(4500, 'banned');
    expect(await code).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(/The server ended the connection: closed with 4500 \(banned\)/);
  });

  it('end when the server does not let them come back', async () => {
    const { server, url } = await startServer();
    const connected = within('the connection', server.listener('connection').once());
    const terminal = new FakeTerminal();
    const code = terminal.run('tail', 'news', '-u', url);
    const { socket } = await connected;
    server.setMiddleware(server.MIDDLEWARE_HANDSHAKE, async (stream) => {
      for await (const action of stream) {
        if (action.type !== action.HANDSHAKE_SC) action.allow();
        else action.block(Object.assign(new Error('banned'), { statusCode: 4501 }));
      }
    });
    socket.disconnect(4001);
    expect(await within('the end of the command', code)).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(
      /^\(connection lost: .*; coming back\)\nerror: The server ended the connection: .*\n$/,
    );
  });

  it('say that a subscription was refused', async () => {
    const { server, url } = await startServer();
    server.setMiddleware(server.MIDDLEWARE_INBOUND, async (stream) => {
      for await (const action of stream) {
        if (action.type === action.SUBSCRIBE) action.block(new Error('members only'));
        else action.allow();
      }
    });
    const terminal = new FakeTerminal();
    expect(await terminal.run('tail', 'club', '-u', url)).toBe(exitCodes.refused);
    expect(terminal.errors).toMatch(/No subscription to 'club': .*members only.*--token-file/);
  });
});

describe('a connection', () => {
  it('to a WebSocket server of another kind is no connection', async () => {
    const port = await startOther(() => {});
    const terminal = new FakeTerminal();
    const args = ['call', 'x', '-u', `127.0.0.1:${port}`, '--timeout', '100'];
    expect(await terminal.run(...args)).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(
      /^error: No connection to \S+: no answer within 100 ms.*; 'asyngular doctor \S+' looks/,
    );
  });

  it('that cannot be made is an exit code, with where to look', async () => {
    const terminal = new FakeTerminal();
    expect(await terminal.run('call', 'x', '-u', '127.0.0.1:1')).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(
      /^error: No connection to ws:\/\/127\.0\.0\.1:1\/asyngular\/: .*asyngular doctor ws:.*\n$/,
    );
  });

  it('to a certificate that nobody trusts names the ways of a command line', async () => {
    const port = await startSelfSigned();
    const terminal = new FakeTerminal();
    const args = ['call', 'x', '-u', `wss://localhost:${port}`];
    expect(await terminal.run(...args)).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(
      /SELF_SIGNED.* NODE_EXTRA_CA_CERTS, or use --insecure\); 'asyngular doctor/,
    );
    // The call gets there then, and nobody handles it.
    expect(await terminal.run(...args, '--insecure')).toBe(exitCodes.refused);
    expect(terminal.errors).toMatch(/NoHandlerError/);
  });

  it('has the token of the environment, and says when the server does not accept it', async () => {
    const { server, url } = await startServer();
    server.handle('who', (_data, { socket }) => socket.authToken?.name);
    const token = await server.auth.signToken({ name: 'Ann' }, 'a key of the tests');
    const terminal = new FakeTerminal();
    terminal.env = { ASYNGULAR_TOKEN: token, ASYNGULAR_URL: url };
    expect(await terminal.run('call', 'who')).toBe(exitCodes.done);
    expect(terminal.output).toBe('"Ann"\n');
    expect(await terminal.run('call', 'who', '--token', `${token}x`)).toBe(exitCodes.refused);
    expect(terminal.errors).toMatch(/did not accept the token: .*check-token/);
  });
});
