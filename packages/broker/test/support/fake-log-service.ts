import { ConnectionLostError } from '@asyngular/errors';
import type { FakeTransport } from '@asyngular/test-utils/fake-network';
import type { Appended, LogPolicy, LogPosition, ReadOptions } from '../../src/index.js';
import { LogRing } from '../../src/log-ring.js';
import type { LogTransport, StoredPage, TransportAppend } from '../../src/transport.js';

/** Ways in which a service may fail its logs without a word. */
export type Lie =
  /** A page that has more behind it lacks the one before its last. */
  | 'skips an entry'
  /** After a rollback the same offsets come with the same tags. */
  | 'reissues positions'
  /** A position that was trimmed counts as reached. */
  | 'answers reached'
  /** Of a channel that had been given back, live entries begin a little after they were promised. */
  | 'loses what comes right after a second follow'
  /** Where a log ends is what was announced last. */
  | 'forgets the last one before silence';

interface Stored {
  ring: LogRing;
  /** By id, or by the bytes of an envelope that may come again after a lost answer. */
  ids: Map<string, { position: LogPosition; at: number }>;
  publishedAt: number;
  ttlMs: number;
  /** The last one that reached anybody live. */
  announced: LogPosition;
}

/** A service in memory that keeps logs for the transports of one `FakeNetwork`, with faults on request. */
export class FakeLogService {
  readonly nodes: FakeLogNode[] = [];
  readonly lie: Lie | undefined;
  readonly #logs = new Map<string, Stored>();
  #born = 0;
  #tag = 0;

  constructor(lie?: Lie) {
    this.lie = lie;
  }

  create(): FakeLogNode {
    const node = new FakeLogNode(this);
    this.nodes.push(node);
    return node;
  }

  /** All logs are gone, as after a restart without a disk. */
  forget(): void {
    this.#logs.clear();
  }

  /** Remembers all logs; the function returned brings them back. */
  save(): () => void {
    const saved = [...this.#logs].map(([channel, log]) => [channel, copy(log)] as const);
    return () => {
      this.#logs.clear();
      for (const [channel, log] of saved) this.#logs.set(channel, log);
    };
  }

  append(channel: string, data: Uint8Array, id: string | undefined, policy: LogPolicy): Appended {
    const log = this.use(channel, policy);
    const key = id ?? Buffer.from(data).toString('latin1');
    const first = log.ids.get(key);
    if (first && Date.now() - first.at < policy.idempotencyWindowMs) {
      return { position: first.position, duplicate: id !== undefined };
    }
    const tag = this.lie === 'reissues positions' ? log.ring.top.offset + 1 : ++this.#tag;
    const entry = log.ring.append(data, tag, policy);
    log.ids.set(key, { position: entry.position, at: Date.now() });
    log.publishedAt = Date.now();
    const { position, previous } = entry;
    for (const node of this.nodes) {
      if (node.take(channel, { position, previous, data })) log.announced = position;
    }
    return { position, duplicate: false };
  }

  read(channel: string, options: ReadOptions, policy: LogPolicy): StoredPage {
    const { ring } = this.use(channel, policy);
    const page = ring.read(options);
    const isTrimmed = !page.reached && options.after?.epoch === ring.epoch;
    const isOlder = isTrimmed && options.after!.offset < ring.top.offset - ring.length;
    if (this.lie === 'answers reached' && isOlder) {
      return stored(ring.read({ limit: options.limit, maxBytes: options.maxBytes }));
    }
    if (this.lie === 'skips an entry' && options.after && page.hasMore) {
      return stored({ ...page, entries: page.entries.toSpliced(-2, 1) });
    }
    return stored(page);
  }

  top(channel: string, policy: LogPolicy): LogPosition {
    const { ring, announced } = this.use(channel, policy);
    const isSilent = this.lie === 'forgets the last one before silence';
    const isFollowed = this.nodes.some((node) => node.followed.has(channel));
    return isSilent && isFollowed ? announced : ring.top;
  }

  use(channel: string, policy: LogPolicy): Stored {
    let log = this.#logs.get(channel);
    if (!log) {
      const ring = new LogRing(`fake${++this.#born}`);
      log = { ring, ids: new Map(), publishedAt: 0, ttlMs: 0, announced: ring.top };
      this.#logs.set(channel, log);
    }
    log.ttlMs = policy.ttlMs;
    if (Date.now() - log.publishedAt > log.ttlMs) log.ring.clear();
    return log;
  }
}

/** One connection to the service. */
export class FakeLogNode implements LogTransport {
  readonly followed = new Set<string>();
  /** Entries on their way to this node that will vanish. */
  toDrop = 0;
  transport: FakeTransport | undefined;
  readonly #service: FakeLogService;
  readonly #givenBack = new Set<string>();

  constructor(service: FakeLogService) {
    this.#service = service;
  }

  append(append: TransportAppend): void {
    const { channel, data, id, policy } = append;
    this.#answer(() => this.#service.append(channel, data, id, policy)).then(
      (appended) => append.onStored(appended),
      (error: Error) => append.onFailed(error),
    );
  }

  follow(channels: readonly string[]): Promise<void> {
    return this.#answer(() => {
      const begin = () => {
        for (const channel of channels) this.followed.add(channel);
      };
      const isLate = channels.some((channel) => this.#givenBack.has(channel));
      if (isLate && this.#service.lie?.startsWith('loses')) setTimeout(begin, 20);
      else begin();
    });
  }

  async unfollow(channel: string): Promise<void> {
    if (this.followed.delete(channel)) this.#givenBack.add(channel);
  }

  read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage> {
    return this.#answer(() => this.#service.read(channel, options, policy));
  }

  tops(
    channels: readonly { readonly channel: string; readonly policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>> {
    return this.#answer(
      () =>
        new Map(
          channels.map(({ channel, policy }) => [channel, this.#service.top(channel, policy)]),
        ),
    );
  }

  /** Whether the entry arrives. */
  take(channel: string, entry: Parameters<FakeTransport['takeEntry']>[1]): boolean {
    if (!this.followed.has(channel) || this.transport?.isCut) return false;
    if (this.toDrop > 0) {
      this.toDrop--;
      return false;
    }
    this.transport?.takeEntry(channel, entry);
    return true;
  }

  /** The connection is gone, and with it what it followed. */
  lose(): void {
    this.followed.clear();
  }

  /** Like `FakeTransport`: the service acts a little later, and its answer may find no connection. */
  #answer<T>(act: () => T): Promise<T> {
    if (this.transport?.isCut) return Promise.reject(new ConnectionLostError('cut'));
    return new Promise((resolve, reject) => {
      queueMicrotask(() => {
        if (this.transport?.isCut) return reject(new ConnectionLostError('cut before'));
        const result = act();
        queueMicrotask(() => {
          if (this.transport?.isCut) reject(new ConnectionLostError('cut after'));
          else resolve(result);
        });
      });
    });
  }
}

function stored(page: ReturnType<LogRing['read']>): StoredPage {
  return {
    ...page,
    entries: page.entries.map(({ position, payload }) => ({
      position,
      data: payload as Uint8Array,
    })),
  };
}

function copy(log: Stored): Stored {
  const limits = { size: Infinity, maxBytes: Infinity, ttlMs: 0, idempotencyWindowMs: 0 };
  const { entries, top } = log.ring.read({ limit: Infinity, maxBytes: Infinity });
  const first = entries[0]?.position;
  const ring = new LogRing(top.epoch, first ? { ...first, offset: first.offset - 1, tag: 0 } : top);
  for (const { payload, position } of entries) ring.append(payload, position.tag, limits);
  return { ...log, ring, ids: new Map(log.ids), announced: ring.top };
}
