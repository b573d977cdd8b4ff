import type { BrokerDuty } from './duties.js';
import { assert, assertEqual, type TestNode } from './test-fleet.js';

const isConnected = (node: TestNode) => () => node.broker.status === 'connected';
const isAway = (node: TestNode) => () => node.broker.status === 'connecting';

/** What became of `total` messages whose payload is `<index> <Date.now() when published>`. */
function assertNothingLostSilently(node: TestNode, channel: string, published: string[]): void {
  const received = node.payloads(channel).map(String);
  const indices = received.map((payload) => Number(payload.split(' ')[0]));
  for (let index = 1; index < indices.length; index++) {
    assert(indices[index]! > indices[index - 1]!, `repeated or out of order: ${indices.join()}`);
  }
  const missing = published.filter((payload) => !received.includes(payload));
  const windows = node.interruptions();
  for (const payload of missing) {
    const time = Number(payload.split(' ')[1]);
    assert(
      windows.some(
        (window) =>
          (window.channel === undefined || window.channel === channel) &&
          window.since <= time &&
          time <= window.until,
      ),
      `message ${payload} was lost outside every announced interruption (${JSON.stringify(windows)})`,
    );
  }
}

export const faultDuties: readonly BrokerDuty[] = [
  {
    id: 'B20',
    title: 'a lost connection shows in the status, and so does its return',
    nodes: 2,
    needs: 'cut',
    async run(fleet) {
      const [a] = await fleet.start();
      await fleet.cut(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      await fleet.restore(0);
      await fleet.until('the connection', isConnected(a!));
      const statuses = a!.events.filter((event) => event.type === 'status').map(({ to }) => to);
      assertEqual(statuses, ['connecting', 'connected', 'connecting', 'connected'], 'statuses');
    },
  },
  {
    id: 'B21',
    title: 'publishes made while away go out in order when back, each once',
    nodes: 2,
    needs: 'cut',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('waiting');
      const expected = Array.from({ length: 200 }, (_, index) => String(index));
      const sent: unknown[] = [];
      for (const payload of expected.slice(0, 50)) sent.push(a!.broker.publish('waiting', payload));
      await fleet.cut(0);
      for (const payload of expected.slice(50)) sent.push(a!.broker.publish('waiting', payload));
      await fleet.until('the loss to be noticed', isAway(a!));
      assert(a!.broker.stats().queuedMessages >= 150, 'the publishes must wait');
      await fleet.restore(0);
      await Promise.all(sent);
      assertEqual(a!.broker.stats().queuedMessages, 0, 'queued messages');
      await b!.caughtUp('waiting', a!);
      assertEqual(b!.payloads('waiting'), expected, 'payloads');
    },
  },
  {
    id: 'B22',
    title: 'publishes and subscribes that wait too long, or are too many, reject',
    nodes: 1,
    needs: 'cut',
    options: { timeoutMs: 200, maxQueuedMessages: 3, maxQueuedBytes: 100 },
    async run(fleet) {
      const [a] = await fleet.start();
      await fleet.cut(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      const outcome = (call: void | Promise<void>) =>
        Promise.resolve(call).then(
          () => 'done',
          (error: { code?: string; reason?: string }) => `${error.code} ${error.reason}`,
        );
      const outcomes = await Promise.all([
        outcome(a!.broker.publish('x', '1')),
        outcome(a!.broker.publish('x', 'x'.repeat(100))),
        outcome(a!.broker.publish('x', '2')),
        outcome(a!.broker.publish('x', '3')),
        outcome(a!.broker.publish('x', '4')),
        outcome(a!.broker.subscribe('x')),
      ]);
      assertEqual(
        outcomes,
        ['timeout', 'queue-full', 'timeout', 'timeout', 'queue-full', 'timeout'].map(
          (reason) => `ERR_BROKER_UNAVAILABLE ${reason}`,
        ),
        'outcomes',
      );
      assertEqual(a!.broker.stats().subscriptions, 0, 'subscriptions');
      assertEqual(a!.broker.stats().queuedBytes, 0, 'queued bytes');
      await fleet.restore(0);
      await fleet.until('the connection', isConnected(a!));
      assertEqual(await outcome(a!.broker.publish('x', '5')), 'done', 'publish when back');
    },
  },
  {
    id: 'B23',
    title: 'subscriptions are restored, and those made or given back while away are right',
    nodes: 2,
    needs: 'cut',
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('kept');
      await b!.broker.subscribe('dropped');
      await fleet.cut(1);
      await fleet.until('the loss to be noticed', isAway(b!));
      void b!.broker.unsubscribe('dropped');
      const made = b!.broker.subscribe('made');
      await fleet.restore(1);
      await made;
      await fleet.until('the connection', isConnected(b!));
      for (const channel of ['dropped', 'kept', 'made']) await a!.broker.publish(channel, channel);
      await b!.caughtUp('kept', a!);
      await b!.caughtUp('made', a!);
      assertEqual(
        b!.messages.map(({ channel }) => channel),
        ['kept', 'made'],
        'channels with messages',
      );
    },
  },
  {
    id: 'B24',
    title: 'what is lost while away lies inside an announced interruption; nothing comes twice',
    nodes: 2,
    needs: 'cut',
    isLossDetection: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('stream');
      const published: string[] = [];
      let isPublishing = true;
      const publishing = (async () => {
        for (let index = 0; isPublishing; index++) {
          const payload = `${index} ${Date.now()}`;
          await a!.broker.publish('stream', payload);
          published.push(payload);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })();
      const more = async (count: number) => {
        const goal = published.length + count;
        await fleet.until('more messages to be published', () => published.length >= goal);
      };
      await more(50);
      await fleet.cut(1);
      await fleet.until('the loss to be noticed', isAway(b!));
      await more(50);
      await fleet.restore(1);
      await fleet.until('the connection', isConnected(b!));
      await more(50);
      isPublishing = false;
      await publishing;
      await b!.caughtUp('stream', a!);
      assert(b!.payloads('stream').length < published.length, 'the cut must have cost messages');
      assertNothingLostSilently(b!, 'stream', published);
    },
  },
  {
    id: 'B25',
    title: 'a reconnect is announced for all channels, though nothing was lost or nothing follows',
    nodes: 1,
    needs: 'cut',
    isLossDetection: true,
    async run(fleet) {
      const [a] = await fleet.start();
      await a!.broker.subscribe('silent');
      const cutAt = Date.now();
      await fleet.cut(0);
      await fleet.until('the loss to be noticed', isAway(a!));
      const restoredAt = Date.now();
      await fleet.restore(0);
      await fleet.until('an interruption', () => a!.interruptions().length > 0);
      const [interruption] = a!.interruptions();
      assertEqual(interruption!.channel, undefined, 'channel');
      assert(interruption!.since <= cutAt, `since must not be after ${cutAt}`);
      assert(interruption!.until >= restoredAt, `until must not be before ${restoredAt}`);
      assertEqual(a!.broker.stats().interruptions, 1, 'interruptions');
    },
  },
  {
    id: 'B26',
    title: 'messages that vanish on the way are announced when the next one arrives',
    nodes: 2,
    needs: 'drop',
    isLossDetection: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('leaky');
      const published = [
        `0 ${Date.now()}`,
        `1 ${Date.now()}`,
        `2 ${Date.now()}`,
        `3 ${Date.now()}`,
      ];
      await a!.broker.publish('leaky', published[0]!);
      await fleet.until('the first message', () => b!.messages.length === 1);
      fleet.fleet.drop?.(1, 2);
      for (const payload of published.slice(1)) await a!.broker.publish('leaky', payload);
      await fleet.until('the last message', () => b!.payloads('leaky').includes(published[3]!));
      assertNothingLostSilently(b!, 'leaky', published);
    },
  },
  {
    id: 'B27',
    title: 'a last message that vanishes is announced though nothing follows',
    nodes: 2,
    needs: 'drop',
    isLossDetection: true,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('tail');
      const published = [`0 ${Date.now()}`, `1 ${Date.now()}`];
      await a!.broker.publish('tail', published[0]!);
      await fleet.until('the first message', () => b!.messages.length === 1);
      fleet.fleet.drop?.(1, 1);
      await a!.broker.publish('tail', published[1]!);
      await fleet.until('an interruption', () => b!.interruptions().length > 0);
      assertNothingLostSilently(b!, 'tail', published);
    },
  },
];
