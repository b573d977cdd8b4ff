import type { BrokerDuty } from './duties.js';
import { assert, assertEqual, type TestNode } from './test-fleet.js';

const isConnected = (node: TestNode) => () => node.broker.status === 'connected';
const isAway = (node: TestNode) => () => node.broker.status === 'connecting';

/** What a call takes that waits for nobody, on a busy machine. */
const SLACK_MS = 1_500;

/** `done`, or the reason why not. */
function outcome(call: void | Promise<void>): Promise<string | undefined> {
  return Promise.resolve(call).then(
    () => 'done',
    (error: { reason?: string }) => error.reason,
  );
}

async function assertClosesWithin(node: TestNode, timeoutMs: number): Promise<void> {
  const startedAt = performance.now();
  await node.broker.close({ timeoutMs });
  const tookMs = performance.now() - startedAt;
  assert(tookMs < timeoutMs + SLACK_MS, `close() took ${tookMs} ms, it was given ${timeoutMs} ms`);
  assertEqual(node.broker.status, 'closed', 'status after close');
}

/** Duties about waiting: whatever the service does, nothing takes longer than was said. */
export const limitDuties: readonly BrokerDuty[] = [
  {
    id: 'B16',
    title: 'closes within the time it is given, though the service answers nothing any more',
    nodes: 1,
    needs: 'stall',
    options: { probeTimeoutMs: 30_000, timeoutMs: 30_000 },
    async run(fleet) {
      const [a] = await fleet.start();
      await a!.broker.subscribe('frozen');
      await fleet.freeze(0);
      const waiting = outcome(a!.broker.publish('frozen', 'never accepted'));
      await assertClosesWithin(a!, 500);
      assertEqual(await waiting, 'closed', 'what became of the publish');
    },
  },
  {
    id: 'B17',
    title: 'closes within the time it is given while it tries in vain to connect again',
    nodes: 1,
    needs: 'stall',
    async run(fleet) {
      const [a] = await fleet.start();
      await fleet.stall(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      const waiting = outcome(a!.broker.publish('away', 'never sent'));
      await assertClosesWithin(a!, 500);
      assertEqual(await waiting, 'closed', 'what became of the publish');
    },
  },
  {
    id: 'B18',
    title: 'gives up connections that were accepted and never answered, and comes back',
    nodes: 2,
    needs: 'stall',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('back');
      await fleet.stall(1);
      await fleet.until('the loss to be noticed', isAway(b!));
      // Long enough for the next connection to be among those that nobody answers.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await fleet.restore(1);
      await fleet.until('the connection', isConnected(b!));
      await a!.broker.publish('back', 'again');
      await fleet.until('the message', () => b!.payloads('back').includes('again'));
    },
  },
  {
    id: 'B19',
    title: 'drops what somebody who has left had published, rather than sending it late',
    nodes: 2,
    needs: 'cut',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('moves');
      const leaver = { isClosed: false };
      await a!.broker.publish('moves', 'before', leaver);
      await fleet.cut(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      const dropped = outcome(a!.broker.publish('moves', 'too late', leaver));
      const kept = outcome(a!.broker.publish('moves', 'of one who stays', { isClosed: false }));
      leaver.isClosed = true;
      await fleet.restore(0);
      assertEqual(await dropped, 'abandoned', 'what became of the publish of the one who left');
      assertEqual(await kept, 'done', 'what became of the publish of the one who stayed');
      await b!.caughtUp('moves', a!);
      assertEqual(b!.payloads('moves'), ['before', 'of one who stays'], 'payloads');
    },
  },
  {
    id: 'B28',
    title: 'reports an outage once, and not every attempt to end it',
    nodes: 1,
    needs: 'cut',
    async run(fleet) {
      const [a] = await fleet.start();
      const before = a!.events.length;
      await fleet.cut(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const reports = a!.events.slice(before).map(({ type }) => type);
      assertEqual(reports, ['status'], 'events of the outage');
      await fleet.restore(0);
      await fleet.until('the connection', isConnected(a!));
    },
  },
];
