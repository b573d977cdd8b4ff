import { onCleanup } from '@asyngular/test-utils/cleanup';
import { Patience } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../packages/cli/src/index.js';
import { FakeTerminal } from '../packages/cli/test/support/terminal.js';
import { type PublishedServer, publishedServers } from './support/peers.js';
import { authKey, publishedServer, signToken, TestServer } from './support/server.js';

// The command against servers that are not ours. None of SocketCluster 14 can be installed beside them; later ones speak its
// version of the protocol when they are asked to.

const patience = new Patience(20_000);
const lively = { pingInterval: 100, pingTimeout: 2_000 };

/** A published server whose procedure `echo` answers, and its address without a path, as `bench` takes it. */
async function start(name: PublishedServer, options: object = {}) {
  const server = new TestServer(
    publishedServer(name),
    { path: '/socketcluster/', ...lively, ...options },
    patience,
  ).procedure('echo', (data) => data);
  await server.start();
  onCleanup(() => server.stop());
  const address = `ws://127.0.0.1:${server.port}`;
  return { server, address, url: `${address}/socketcluster/` };
}

const versions = [1, 2] as const;
const servers = Object.keys(publishedServers) as PublishedServer[];
const cases = servers.flatMap((name) => versions.map((version) => [name, version] as const));

describe.each(cases)('the command and %s, version %i', (name, protocolVersion) => {
  const version = ['--protocol-version', String(protocolVersion)];

  it('doctor passes all its stations', async () => {
    const { url } = await start(name, { protocolVersion });
    const terminal = new FakeTerminal();
    const token = signToken({ name: 'Ann' }, { key: authKey });
    const code = await terminal.run('doctor', url, ...version, '--token', token);
    expect(terminal.errors).toBe('');
    expect(code).toBe(exitCodes.done);
    expect(terminal.lines.map((line) => line.slice(0, 12).trim())).toEqual([
      '✓ dns',
      '✓ tcp',
      '– tls',
      '✓ upgrade',
      '✓ path',
      '– origin',
      '✓ handshake',
      '✓ token',
      '✓ ping',
      '✓ size',
    ]);
  });

  it('doctor names the version when the other one was asked for', async () => {
    const { url } = await start(name, { protocolVersion });
    const terminal = new FakeTerminal();
    const other = String(3 - protocolVersion);
    const code = await terminal.run('doctor', url, '--json', '--protocol-version', other);
    expect(code).toBe(exitCodes.faultFound);
    const { steps } = JSON.parse(terminal.output);
    const found = steps.find(({ state }: { state: string }) => state === 'fault');
    expect(found.fault).toBe('protocol-version');
    // On a busy machine the first ping comes before the answer to the handshake.
    expect(found.station).toMatch(/^(ping|handshake)$/);
  });

  it('tail prints what pub publishes, and call what a procedure answers', async () => {
    const { server, url } = await start(name, { protocolVersion });
    const [tail, other] = [new FakeTerminal(), new FakeTerminal()];
    const tailing = tail.run('tail', 'news', '-n', '2', '--json', '-u', url, ...version);
    await server.event('subscription');
    expect(await other.run('pub', 'news', '{"a":1}', '-u', url, ...version)).toBe(exitCodes.done);
    expect(await other.run('pub', 'news', 'hello', '-u', url, ...version)).toBe(exitCodes.done);
    expect(await tailing).toBe(exitCodes.done);
    expect(tail.lines.map((line) => JSON.parse(line))).toMatchObject([
      { channel: 'news', data: { a: 1 } },
      { channel: 'news', data: 'hello' },
    ]);
    expect(await other.run('call', 'echo', '[1,2]', '-u', url, ...version)).toBe(exitCodes.done);
    expect(other.output).toBe('[1,2]\n');
    expect(tail.errors + other.errors).toBe('');
  });

  it.each([
    ['channels', ['-c', '6', '--channels', '3', '--publishers', '2'], 40 * 2],
    ['calls', ['-c', '4'], 40],
  ])('bench %s accounts for every message, also behind pings', async (scenario, args, expected) => {
    const { server, address } = await start(name, { protocolVersion });
    const terminal = new FakeTerminal();
    await terminal.run(
      ...['bench', scenario, ...args, '-r', '80', '-d', '0.5', '-u', address, '--json'],
      ...['--protocol', protocolVersion === 1 ? 'socketcluster-1' : 'socketcluster'],
      ...['--processes', '0', '--connect-rate', '2000', '--patience', '2000'],
    );
    const { messages, errors, closes, connections } = JSON.parse(terminal.output);
    expect(messages).toEqual({
      sent: 40,
      unsent: 0,
      expected,
      received: expected,
      lost: 0,
      duplicate: 0,
      outOfOrder: 0,
      foreign: 0,
    });
    expect({ errors, closes, failed: connections.failed }).toEqual({
      errors: {},
      closes: {},
      failed: {},
    });
    expect(server.of('disconnection').filter(({ code }) => code !== 1000)).toEqual([]);
  });
});

describe.each(servers)('the command and %s', (name) => {
  it('has a sentence for what the server does not have or accept', async () => {
    const { server, url } = await start(name);
    const terminal = new FakeTerminal();
    const run = async (...args: string[]) => {
      terminal.errors = '';
      const code = await terminal.run(...args, '-u', url);
      return { code, errors: terminal.errors };
    };
    expect(await run('stream', 'echo', '1')).toEqual({
      code: exitCodes.refused,
      errors: expect.stringMatching(
        /^error: The stream of 'echo' failed: the server knows no streams/,
      ),
    });
    expect(await run('call', 'nothing', '--timeout', '1500')).toEqual({
      code: exitCodes.refused,
      errors: expect.stringMatching(/no answer within --timeout; .*SocketCluster does not answer/),
    });
    const token = signToken({ exp: 1 }, { key: authKey });
    expect(await run('call', 'echo', '--token', token)).toEqual({
      code: exitCodes.refused,
      errors: expect.stringMatching(/^error: The server did not accept the token: jwt expired; /),
    });
    const elsewhere = await terminal.run('call', 'echo', '-u', `127.0.0.1:${server.port}`);
    expect(elsewhere).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(
      /answered 400 to the upgrade: is the path right\?; 'asyngular doctor/,
    );
    expect(terminal.output).toBe('');
  });
});
