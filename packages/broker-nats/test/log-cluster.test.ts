import { startNatsCluster } from '@asyngular/test-utils/nats';
import { Patience, until } from '@asyngular/test-utils/wait';
import { connect } from '@nats-io/transport-node';
import { expect, it, onTestFinished } from 'vitest';
import { natsBroker } from '../src/index.js';
import { policy } from './support/log-node.js';

const WHOLE = { limit: 10_000, maxBytes: 10_000_000 };

it('three replicas, the leader of which is killed, keep everything in one order', {
  timeout: 90_000,
}, async () => {
  const cluster = await startNatsCluster(3, ['-js', '-sd', 'jetstream']);
  onTestFinished(async () => {
    await Promise.all(cluster.map((service) => service.stop()));
  });
  const ports = cluster.map(({ port }) => port);
  const nodes = ports.map((_, index) => {
    const servers = [...ports.slice(index), ...ports.slice(0, index)];
    return natsBroker({
      servers: servers.map((port) => `127.0.0.1:${port}`),
      noRandomize: true,
      reconnectTimeWait: 100,
      timeoutMs: 60_000,
      log: { replicas: 3, storage: 'file' },
    });
  });
  const live = nodes.map((): string[] => []);
  await Promise.all(
    nodes.map((node, index) =>
      node.start({
        onMessage: () => {},
        onEvent: () => {},
        onEntry: (_channel, { payload }) => live[index]!.push(String(payload)),
        policyOf: () => ({ ...policy, size: 5_000 }),
      }),
    ),
  );
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.close()));
  });
  await Promise.all(nodes.map((node) => node.log!.follow('x')));
  const { position } = await nodes[0]!.log!.append('x', 'first');

  const acknowledged = new Set(['first']);
  let isOver = false;
  const publishers = nodes.map(async (node, index) => {
    for (let count = 0; !isOver; count++) {
      await node.log!.append('x', `${index}.${count}`);
      acknowledged.add(`${index}.${count}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  await until('some to be acknowledged', () => acknowledged.size > 50);
  const leader = await leaderOf('asyngular-log-10000', ports[0]!);
  await cluster[leader]!.kill();
  const size = acknowledged.size;
  await until('it to go on', () => acknowledged.size > size + 50);
  await cluster[leader]!.start();
  isOver = true;
  await Promise.all(publishers);

  const { entries } = await nodes[(leader + 1) % 3]!.log!.read('x', WHOLE);
  const payloads = entries.map(({ payload }) => String(payload));
  expect(new Set(payloads)).toEqual(acknowledged);
  expect(payloads.length).toBe(acknowledged.size);
  const rest: string[] = [];
  for (let after = position, isMore = true; isMore; ) {
    const page = await nodes[0]!.log!.read('x', { ...WHOLE, after });
    expect(page.reached).toBe(true);
    rest.push(...page.entries.map(({ payload }) => String(payload)));
    after = page.entries.at(-1)?.position ?? after;
    isMore = page.hasMore;
  }
  expect(rest).toEqual(payloads.slice(1));
  for (const seen of live) {
    const places = seen.map((payload) => payloads.indexOf(payload));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
});

it('a first publication waits for the server that the replicas lack', {
  timeout: 90_000,
}, async () => {
  const cluster = await startNatsCluster(3, ['-js', '-sd', 'jetstream']);
  onTestFinished(async () => {
    await Promise.all(cluster.map((service) => service.stop()));
  });
  const connection = await connect({ port: cluster[0]!.port });
  onTestFinished(() => connection.close());
  // A cluster that elects its leader says nothing.
  const ask = async (name: string, body = ''): Promise<StreamAnswer> => {
    const answer = await connection.request(`$JS.API.STREAM.${name}`, body).catch(() => undefined);
    return answer?.json() ?? { error: { description: 'no answer' } };
  };
  const create = (name: string) =>
    ask(`CREATE.${name}`, JSON.stringify({ name, subjects: [name], num_replicas: 3 }));
  await until('a stream on all servers', async () => !(await create('before')).error);
  // It says good-bye: one that was killed has streams placed on it for as long as a minute.
  cluster[2]!.signal('SIGTERM');
  let seen: unknown;
  await until(
    'the cluster to miss a server',
    async () => {
      const answer = await ask('INFO.before');
      seen = answer;
      return answer.cluster?.replicas?.some(({ offline }) => offline) ?? false;
    },
    () => seen,
  );
  await cluster[2]!.kill();
  const node = natsBroker({
    servers: `127.0.0.1:${cluster[0]!.port}`,
    timeoutMs: 60_000,
    log: { replicas: 3 },
  });
  onTestFinished(() => node.close());
  await node.start({
    onMessage: () => {},
    onEvent: () => {},
    onEntry: () => {},
    policyOf: () => policy,
  });
  let isOver = false;
  const appended = Promise.resolve(node.log!.append('x', 'hello')).finally(() => {
    isOver = true;
  });
  await until('no place for a stream', async () => {
    const { error } = await create('after');
    return error?.description.includes('no suitable peers') ?? false;
  });
  expect(isOver).toBe(false);
  await cluster[2]!.start();
  await new Patience(60_000).within('the publication', appended);
});

interface StreamAnswer {
  readonly error?: { readonly description: string };
  readonly cluster?: { readonly replicas?: readonly { readonly offline?: boolean }[] };
}

/** Index of the server that leads a stream: they are called n0, n1, … */
async function leaderOf(stream: string, port: number): Promise<number> {
  const connection = await connect({ port });
  const answer = await connection.request(`$JS.API.STREAM.INFO.${stream}`);
  await connection.close();
  const { cluster } = answer.json<{ cluster: { leader: string } }>();
  return Number(cluster.leader.slice(1));
}
