import { channelNames } from './channel-names.js';
import type { BrokerDuty } from './duties.js';
import { assert, assertEqual } from './test-fleet.js';

export const deliveryDuties: readonly BrokerDuty[] = [
  {
    id: 'B1',
    title: 'goes from idle to connected to closed, and every change is an event',
    nodes: 1,
    async run(fleet) {
      const node = fleet.node(0);
      assertEqual(node.broker.status, 'idle', 'status before start');
      await node.start();
      assertEqual(node.broker.status, 'connected', 'status after start');
      await node.broker.close();
      await node.broker.close();
      assertEqual(node.broker.status, 'closed', 'status after close');
      let at = 'idle';
      for (const event of node.events) {
        if (event.type !== 'status') continue;
        assertEqual(event.from, at, 'from of the next status event');
        at = event.to;
      }
      assertEqual(at, 'closed', 'to of the last status event');
    },
  },
  {
    id: 'B2',
    title: 'brings a message to every other subscribed node once',
    nodes: 3,
    async run(fleet) {
      const [a, b, c] = await fleet.start();
      await Promise.all([b!.broker.subscribe('news'), c!.broker.subscribe('news')]);
      await a!.broker.publish('news', '{"text":"grüße ☃"}');
      for (const node of [b!, c!]) {
        await node.caughtUp('news', a!);
        assertEqual(node.payloads('news'), ['{"text":"grüße ☃"}'], 'payloads');
      }
    },
  },
  {
    id: 'B29',
    title: 'brings who is not to get a message beside its payload',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('news');
      const except = 'x'.repeat(64);
      for (const payload of ['grüße', Uint8Array.of(1, 2, 3)]) {
        await a!.broker.publish('news', payload, { isClosed: false, except });
        await a!.broker.publish('news', payload, { isClosed: false });
      }
      await b!.caughtUp('news', a!);
      const seen = b!.messages.map(({ message }) => message.except ?? null);
      assertEqual(seen, [except, null, except, null], 'except');
      const [text, , bytes] = b!.payloads('news');
      assertEqual(text, 'grüße', 'text');
      assertEqual([...(bytes as Uint8Array)], [1, 2, 3], 'bytes');
    },
  },
  {
    id: 'B3',
    title: 'keeps text text and bytes bytes, empty or 256 KiB long',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('kinds');
      const bytes = Uint8Array.from({ length: 256 * 1024 }, (_, index) => index % 251);
      const text = 'ü'.repeat(128 * 1024);
      for (const payload of [bytes, text, new Uint8Array(0), '']) {
        await a!.broker.publish('kinds', payload);
      }
      await fleet.until('four messages', () => b!.messages.length === 4);
      const [first, second, third, fourth] = b!.payloads('kinds');
      assert(first instanceof Uint8Array, 'bytes must arrive as Uint8Array');
      assert(Buffer.from(first).equals(bytes), 'bytes must arrive unchanged');
      assert(second === text, 'text must arrive unchanged');
      assert(third instanceof Uint8Array && third.length === 0, 'no bytes must arrive as no bytes');
      assert(fourth === '', 'an empty text must arrive as an empty text');
    },
  },
  {
    id: 'B4',
    title: 'does not echo a node its own messages',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await Promise.all([a!.broker.subscribe('echo'), b!.broker.subscribe('echo')]);
      await a!.broker.publish('echo', 'mine');
      await b!.caughtUp('echo', a!);
      await a!.caughtUp('echo', b!);
      assertEqual(a!.messages.length, 0, 'messages at the publisher');
    },
  },
  {
    id: 'B5',
    title: 'delivers only subscribed channels, and nothing after unsubscribe has returned',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('wanted');
      await b!.broker.subscribe('given back');
      await a!.broker.publish('given back', '1');
      await b!.caughtUp('given back', a!);
      const sent = a!.broker.publish('given back', '2');
      const done = b!.broker.unsubscribe('given back');
      const count = b!.messages.length;
      await sent;
      await done;
      await a!.broker.publish('given back', '3');
      await a!.broker.publish('other', '4');
      await b!.caughtUp('wanted', a!);
      assertEqual(b!.messages.length, count, 'messages after unsubscribe');
    },
  },
  {
    id: 'B6',
    title: 'keeps the order of each publisher on each channel',
    nodes: 3,
    async run(fleet) {
      const [a, b, c] = await fleet.start();
      await c!.broker.subscribe('one');
      await c!.broker.subscribe('two');
      const expected: string[] = [];
      const sent: unknown[] = [];
      for (let index = 0; index < 300; index++) {
        expected.push(String(index));
        for (const node of [a!, b!]) {
          sent.push(node.broker.publish('one', String(index)));
          sent.push(node.broker.publish('two', String(index)));
        }
      }
      await Promise.all(sent);
      await fleet.until('1,200 messages', () => c!.messages.length >= 1_200);
      for (const node of [a!, b!]) {
        for (const channel of ['one', 'two']) {
          await c!.caughtUp(channel, node);
          assertEqual(c!.payloads(channel, node), expected, `payloads on ${channel}`);
        }
      }
    },
  },
  {
    id: 'B7',
    title: 'carries any channel name, and never takes one for another',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      for (const name of channelNames) await b!.broker.subscribe(name);
      for (const [index, name] of channelNames.entries()) {
        await a!.broker.publish(name, String(index));
      }
      await fleet.until('one message per name', () => b!.messages.length >= channelNames.length);
      await b!.caughtUp('plain', a!);
      const received = b!.messages.map(({ channel, message }) => [channel, message.payload]);
      const expected = channelNames.map((name, index) => [name, String(index)]);
      const byIndex = (x: unknown[], y: unknown[]) => Number(x[1]) - Number(y[1]);
      assertEqual(received.sort(byIndex), expected, 'messages by channel');
    },
  },
  {
    id: 'B8',
    title: 'delivers from the moment a subscribe is done',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      for (let index = 0; index < 30; index++) {
        const channel = `fresh ${index}`;
        await b!.broker.subscribe(channel);
        await a!.broker.publish(channel, 'first');
        await fleet.until(
          `the first message of ${channel}`,
          () => b!.payloads(channel).length === 1,
        );
      }
    },
  },
  {
    id: 'B9',
    title: 'takes repeated subscribes for one, and unsubscribes of unknown channels for nothing',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.unsubscribe('never');
      await Promise.all([b!.broker.subscribe('twice'), b!.broker.subscribe('twice')]);
      await b!.broker.subscribe('twice');
      assertEqual(b!.broker.stats().subscriptions, 1, 'subscriptions');
      await a!.broker.publish('twice', '1');
      await b!.caughtUp('twice', a!);
      assertEqual(b!.payloads('twice'), ['1'], 'payloads');
      await b!.broker.unsubscribe('twice');
      assertEqual(b!.broker.stats().subscriptions, 0, 'subscriptions');
      await b!.broker.subscribe('marker');
      await a!.broker.publish('twice', '2');
      await b!.caughtUp('marker', a!);
      assertEqual(b!.payloads('twice'), ['1'], 'payloads after unsubscribe');
    },
  },
  {
    id: 'B10',
    title: 'delivers again after unsubscribe and subscribe, also when nobody waits in between',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('again');
      void b!.broker.unsubscribe('again');
      void b!.broker.subscribe('again');
      void b!.broker.unsubscribe('again');
      await b!.broker.subscribe('again');
      await a!.broker.publish('again', 'here');
      await b!.caughtUp('again', a!);
      assertEqual(b!.payloads('again'), ['here'], 'payloads');
    },
  },
  {
    id: 'B11',
    title: 'names the publishing node and gives its messages growing sequences',
    nodes: 3,
    async run(fleet) {
      const [a, b, c] = await fleet.start();
      assert(a!.broker.node !== b!.broker.node, 'nodes must have different ids');
      await c!.broker.subscribe('x');
      await c!.broker.subscribe('y');
      for (const channel of ['x', 'y', 'x']) await a!.broker.publish(channel, '');
      await fleet.until('three messages', () => c!.messages.length === 3);
      const sequences = c!.messages.map(({ message }) => message.sequence);
      assert(sequences[0]! < sequences[2]!, `sequences must grow, got ${sequences.join()}`);
      for (const { message } of c!.messages) {
        assertEqual(message.node, a!.broker.node, 'publishing node');
      }
    },
  },
  {
    id: 'B12',
    title: 'accepts messages nobody has subscribed to',
    nodes: 1,
    async run(fleet) {
      const [a] = await fleet.start();
      for (let index = 0; index < 100; index++) await a!.broker.publish(`void ${index}`, 'x');
      assertEqual(a!.broker.stats().published, 100, 'published');
      assertEqual(a!.broker.stats().queuedMessages, 0, 'queued messages');
    },
  },
  {
    id: 'B13',
    title: 'refuses calls before start and after close with ERR_BROKER_UNAVAILABLE',
    nodes: 1,
    async run(fleet) {
      const { broker } = fleet.node(0);
      const assertRefused = async () => {
        for (const call of [broker.publish('x', ''), broker.subscribe('x')]) {
          const error = await Promise.resolve(call).then(
            () => undefined,
            (reason: { code?: string; reason?: string }) => reason,
          );
          assertEqual(error?.code, 'ERR_BROKER_UNAVAILABLE', 'code');
          assertEqual(error?.reason, 'closed', 'reason');
        }
      };
      await assertRefused();
      await fleet.start();
      let code: unknown;
      try {
        await broker.start({ onMessage() {}, onEvent() {} });
      } catch (error) {
        code = (error as { code?: string }).code;
      }
      assertEqual(code, 'ERR_BROKER_STATE', 'code of a second start');
      await broker.close();
      await assertRefused();
    },
  },
  {
    id: 'B14',
    title: 'sends what was published before close',
    nodes: 2,
    async run(fleet) {
      const [a, b] = await fleet.start();
      await b!.broker.subscribe('last words');
      const sent = Array.from({ length: 50 }, (_, i) => a!.broker.publish('last words', String(i)));
      await a!.broker.close();
      await Promise.all(sent);
      await fleet.until('50 messages', () => b!.messages.length === 50);
    },
  },
  {
    id: 'B15',
    title: 'announces no interruption while nothing is wrong',
    nodes: 3,
    async run(fleet) {
      const [a, b, c] = await fleet.start();
      await c!.broker.subscribe('calm');
      for (let index = 0; index < 20; index++) {
        await Promise.all([a!.broker.publish('calm', ''), b!.broker.publish('calm', '')]);
        await c!.broker.subscribe(`late ${index}`);
        await a!.broker.publish(`late ${index}`, '');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await b!.broker.close();
      await c!.caughtUp('calm', a!);
      for (const node of [a!, c!]) assertEqual(node.interruptions(), [], 'interruptions');
    },
  },
];
