import { headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { JetStreamApi } from '../src/log/api.js';
import { NatsLog } from '../src/log/nats-log.js';
import { StreamReader } from '../src/log/reader.js';
import { Requests } from '../src/log/requests.js';

interface Answer {
  readonly headers?: MsgHdrs;
  readonly data?: string;
}

/** A NATS server of another version than the one installed: answers requests out of a table. */
class FakeConnection {
  readonly requests: string[] = [];
  readonly #answer: (subject: string, body: string) => readonly Answer[];
  readonly #subscribers = new Map<string, (error: null, message: Msg) => void>();

  constructor(answer: (subject: string, body: string) => readonly Answer[]) {
    this.#answer = answer;
  }

  get asConnection(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  subscribe(subject: string, options: { callback: (error: null, message: Msg) => void }) {
    this.#subscribers.set(subject, options.callback);
    return { isClosed: () => false, unsubscribe: () => this.#subscribers.delete(subject) };
  }

  publish(subject: string, body = '', { reply = '' } = {}): void {
    this.requests.push(`${subject} ${body}`);
    const deliver = this.#subscribers.get(reply) ?? this.#subscribers.get('inbox.*');
    queueMicrotask(() => {
      for (const { headers: head, data = '' } of this.#answer(subject, body)) {
        const message = { subject: reply, headers: head, data: Buffer.from(data) };
        deliver?.(null, message as unknown as Msg);
      }
    });
  }
}

function stored(sequence: number, pending: number | undefined, id: string): MsgHdrs {
  const result = headers();
  result.set('Nats-Sequence', String(sequence));
  result.set('Nats-Msg-Id', id);
  if (pending !== undefined) result.set('Nats-Num-Pending', String(pending));
  return result;
}

function status(code: number, description: string, pending?: number): MsgHdrs {
  const result = headers(code, description);
  if (pending !== undefined) result.set('Nats-Num-Pending', String(pending));
  return result;
}

function readerOf(connection: FakeConnection, version: string): StreamReader {
  const requests = new Requests('inbox');
  requests.open(connection.asConnection);
  const reader = new StreamReader(requests, new JetStreamApi(requests));
  reader.setVersion(version);
  return reader;
}

const range = { stream: 's', subject: 'p.log.10.c.x', from: 5, limit: 3, maxBytes: 1_000 };

describe('reading from a NATS server of version 2.11 or later', () => {
  it('takes one request', async () => {
    const connection = new FakeConnection(() => [
      { headers: stored(5, 3, 'n.1'), data: 'one' },
      { headers: stored(8, 2, 'n.2'), data: 'two' },
      { headers: status(204, 'EOB', 2) },
    ]);
    expect(await readerOf(connection, '2.11.0').read(range)).toEqual({
      messages: [
        { sequence: 5, subject: range.subject, id: 'n.1', data: Buffer.from('one') },
        { sequence: 8, subject: range.subject, id: 'n.2', data: Buffer.from('two') },
      ],
      pending: 2,
    });
    expect(connection.requests).toEqual([
      '$JS.API.DIRECT.GET.s {"seq":5,"next_by_subj":"p.log.10.c.x","batch":3,"max_bytes":1000}',
    ]);
  });

  it('keeps to the bytes, with one publication at least', async () => {
    const connection = new FakeConnection(() => [
      { headers: stored(5, 2, 'n.1'), data: 'large' },
      { headers: stored(8, 1, 'n.2'), data: 'too' },
      { headers: status(204, 'EOB', 1) },
    ]);
    const { messages, pending } = await readerOf(connection, '3.0.0').read({
      ...range,
      maxBytes: 3,
    });
    expect([messages.length, pending]).toEqual([1, 2]);
  });

  it('finds nothing', async () => {
    const connection = new FakeConnection(() => [{ headers: status(404, 'Message Not Found') }]);
    expect(await readerOf(connection, '2.12.1').read(range)).toEqual({ messages: [], pending: 0 });
  });

  it('goes by way of a consumer when an older server of the cluster answers', async () => {
    const connection = new FakeConnection((subject) => {
      if (subject.startsWith('$JS.API.DIRECT')) {
        return [{ headers: stored(5, undefined, 'n.1'), data: 'one' }];
      }
      return subject.startsWith('$JS.API.CONSUMER.CREATE')
        ? [{ data: JSON.stringify({ name: 'c', num_pending: 0 }) }]
        : [];
    });
    const reader = readerOf(connection, '2.11.0');
    expect(await reader.read(range)).toEqual({ messages: [], pending: 0 });
    await reader.read(range);
    expect(connection.requests.filter((it) => it.includes('DIRECT'))).toHaveLength(1);
  });
});

describe('a NATS server that is too old', () => {
  it.each(['2.8.4', '1.4.1'])('of version %s is refused, and named', async (version) => {
    const connection = new FakeConnection(() => []);
    const log = new NatsLog(
      {
        connection: () => connection.asConnection,
        flush: async () => {},
        refusal: () => undefined,
        onEntry: () => {},
        onWarning: () => {},
        reset: () => {},
      },
      { prefix: 'p', inbox: 'inbox', interestDelayMs: 0, patienceMs: 1_000, options: {} },
    );
    log.connected(Object.assign(connection, { info: { version } }).asConnection);
    await expect(log.prepare()).rejects.toThrow(`NATS server ${version} is too old`);
  });
});
