import type { AGClientSocket, Published, PublishOptions, SafeResult } from '@asyngular/client';
import { QueueFullError } from '@asyngular/errors';
import type { SocketEvents } from '../channel/socket-events.js';
import { once } from '../shared/once.js';
import type { Timing } from '../shared/timing.js';

/** Publications of one socket that wait for a connection or an answer, or have failed. More are refused. */
const MAX_OUTGOING = 1_000;
/** A log takes a publication once within two minutes (docs/recovery.md); after this time, ms, a repetition is left to the user. */
const REPEATABLE_MS = 100_000;

/** What became of a publication. */
export type PublishResult = SafeResult<Published | undefined, never>;

/** A publication of this client that its channel does not have yet, as far as is known. */
export interface Outgoing {
  readonly id: string;
  readonly data: unknown;
  /** Why it failed; null while it is pending. */
  readonly error: Error | null;
}

/** What happens to the publications of one channel. */
export type OutboxEvent =
  | { readonly type: 'sent'; readonly outgoing: Outgoing }
  /** `comesBack`: it will arrive, or has arrived, as a publication of the channel. */
  | {
      readonly type: 'confirmed';
      readonly id: string;
      readonly position: string | undefined;
      readonly comesBack: boolean;
    }
  | { readonly type: 'failed'; readonly outgoing: Outgoing }
  | { readonly type: 'discarded'; readonly id: string };

interface Entry {
  readonly channel: string;
  readonly id: string;
  readonly data: unknown;
  readonly options: PublishOptions;
  error: Error | null;
  isInFlight: boolean;
  /** When it was sent for the first time with its id, which a log remembers. */
  repeatableSince?: number | undefined;
  settle: (result: PublishResult) => void;
}

/** What this client publishes, on all channels: queued without a connection, and sent in order on the next one. */
export interface Outbox {
  /** Never rejects; without a connection it resolves when there was one. */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<PublishResult>;
  /** Sends one that failed once more. */
  retry(id: string): void;
  /** Forgets one that failed. */
  discard(id: string): void;
  /** What of the channel is pending or has failed, in order. */
  outgoing(channel: string): readonly Outgoing[];
  watch(channel: string, watcher: (event: OutboxEvent) => void): () => void;
}

export function createOutbox(socket: AGClientSocket, events: SocketEvents, timing: Timing): Outbox {
  const entries = new Map<string, Entry>();
  const watchers = new Map<string, Set<(event: OutboxEvent) => void>>();
  /** Made with the first publication, so that rendering on a server is not taken for random. */
  let prefix = '';
  let lastNumber = 0;
  let stopWaiting: (() => void) | undefined;

  function tell(channel: string, event: OutboxEvent): void {
    for (const watcher of watchers.get(channel) ?? []) {
      watcher(event);
    }
  }

  function publish(
    channel: string,
    data: unknown,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    if (entries.size >= MAX_OUTGOING) {
      const error = new QueueFullError(
        `${MAX_OUTGOING} publications wait or have failed; discard some of them`,
      );
      return Promise.resolve({ error, data: undefined });
    }
    prefix ||= `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
    const id = `${prefix}.${++lastNumber}`;
    return new Promise((settle) => {
      const entry = { channel, id, data, options, error: null, isInFlight: false, settle };
      entries.set(id, entry);
      tell(channel, { type: 'sent', outgoing: view(entry) });
      send(entry);
    });
  }

  function send(entry: Entry): void {
    if (socket.state !== 'open') {
      stopWaiting ??= events.watch(({ type }) => type === 'connect' && sendAll());
      if (socket.state === 'closed' && socket.options.connectOnSend) {
        socket.connect();
      }
      return;
    }
    if (stopWaiting) {
      // The connection is there, and the event that tells of it is still to come: first what has waited longer.
      sendAll();
      return;
    }
    entry.isInFlight = true;
    // An id is for channels with a log, and refused by others.
    const hasLog = socket.getChannelPosition(entry.channel) !== null;
    entry.repeatableSince ??= hasLog ? timing.now() : undefined;
    const id = entry.options.id ?? (hasLog ? entry.id : undefined);
    socket.invokePublish(entry.channel, entry.data, { ...entry.options, id }).then(
      (published) => onConfirmed(entry, published),
      (error) => onRejected(entry, error),
    );
  }

  function sendAll(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    for (const entry of [...entries.values()]) {
      if (entry.error === null && !entry.isInFlight) send(entry);
    }
  }

  function onConfirmed(entry: Entry, published: Published | undefined): void {
    entries.delete(entry.id);
    tell(entry.channel, {
      type: 'confirmed',
      id: entry.id,
      position: published?.position,
      comesBack: entry.options.except === undefined,
    });
    entry.settle({ error: null, data: published });
  }

  function onRejected(entry: Entry, error: Error): void {
    entry.isInFlight = false;
    if (socket.state !== 'open' && mayRepeat(entry, error)) {
      send(entry);
      return;
    }
    entry.error = error;
    tell(entry.channel, { type: 'failed', outgoing: view(entry) });
    entry.settle({ error: error as never, data: undefined });
  }

  /** Whether the connection is to blame, and the log would notice a repetition. */
  function mayRepeat({ repeatableSince }: Entry, error: Error): boolean {
    const isLost = error.name === 'BadConnectionError' || error.name === 'TimeoutError';
    return (
      isLost && repeatableSince !== undefined && timing.now() - repeatableSince < REPEATABLE_MS
    );
  }

  function view({ id, data, error }: Entry): Outgoing {
    return { id, data, error };
  }

  return {
    publish,
    retry(id) {
      const entry = entries.get(id);
      if (entry?.error) {
        entry.error = null;
        entry.repeatableSince = undefined;
        tell(entry.channel, { type: 'sent', outgoing: view(entry) });
        send(entry);
      }
    },
    discard(id) {
      const entry = entries.get(id);
      if (entry?.error) {
        entries.delete(id);
        tell(entry.channel, { type: 'discarded', id });
      }
    },
    outgoing: (channel) =>
      [...entries.values()].filter((entry) => entry.channel === channel).map(view),
    watch(channel, watcher) {
      const own = watchers.get(channel) ?? new Set();
      watchers.set(channel, own.add(watcher));
      return once(() => {
        own.delete(watcher);
        if (own.size === 0 && watchers.get(channel) === own) watchers.delete(channel);
      });
    },
  };
}
