import { startJetStream } from '@asyngular/test-utils/nats';
import { pause, until } from '@asyngular/test-utils/wait';
import { expect, it, onTestFinished } from 'vitest';
import { natsBroker } from '../src/index.js';
import { policy } from './support/log-node.js';

/** Longer than JetStream may take for one answer, and shorter than a publication or a question may wait. */
const STALLED_MS = 2_200;

/** A broker whose NATS server can be stopped, with one publication on the channel `x`. */
async function start() {
  const service = await startJetStream();
  onTestFinished(() => service.stop());
  const live: string[] = [];
  const broker = natsBroker({ port: service.port, timeoutMs: 20_000, log: { storage: 'memory' } });
  onTestFinished(() => broker.close({ timeoutMs: 500 }));
  await broker.start({
    onMessage: () => {},
    onEvent: () => {},
    onEntry: (_channel, { payload }) => live.push(String(payload)),
    policyOf: () => policy,
  });
  const log = broker.log!;
  await log.follow('x');
  await log.append('x', 'first');
  return { service, log, live };
}

it('refuses no publication when JetStream stands still for longer than an answer may take', async () => {
  const { service, log, live } = await start();
  service.signal('SIGSTOP');
  // Some of those that are under way fail, and others have their answers in time.
  const names = Array.from({ length: 30 }, (_, index) => `${index}`);
  const appended: unknown[] = [];
  for (const name of names) {
    appended.push(log.append('x', name));
    await pause(10);
  }
  await pause(STALLED_MS - 350);
  service.signal('SIGCONT');
  await Promise.all(appended);
  await until(
    'all live entries',
    () => live.length > names.length,
    () => live,
  );
  expect(live).toEqual(['first', ...names]);
});

it('answers questions then, too', async () => {
  const { service, log } = await start();
  service.signal('SIGSTOP');
  const answers = Promise.all([
    log.read('x', { limit: 10, maxBytes: 1_000 }),
    log.tops(['x']),
    log.read('never used', { limit: 10, maxBytes: 1_000 }),
  ]);
  // A refusal is for the end of the test.
  answers.catch(() => {});
  await pause(STALLED_MS);
  service.signal('SIGCONT');
  const [page, tops, empty] = await answers;
  expect(page.entries.map(({ payload }) => String(payload))).toEqual(['first']);
  expect(tops.get('x')).toEqual(page.top);
  expect(empty.entries).toEqual([]);
});
