import { ConnectionLostError } from '@asyngular/broker/transport';

/** What a link reports to the transport. */
export interface LinkEvents {
  onReady(): void;
  onLost(reason: string, error?: Error): void;
  /** An attempt to connect failed, and another one follows. */
  onAttemptFailed(error: Error): void;
  onMessage(key: string, data: Uint8Array): void;
}

/** A connection (or several, to a cluster) in one role; it reconnects by itself. */
export interface RedisLink {
  start(events: LinkEvents): void;
  /** A round trip. */
  ping(): Promise<void>;
  /** Gives up connections that do not answer, and connects again. */
  reset(): void;
  /** Frees what the link opened; what is not done within `graceMs` is cut. */
  close(graceMs: number): Promise<void>;
}

export interface PublisherLink extends RedisLink {
  publish(key: string, data: Uint8Array): Promise<void>;
}

export interface SubscriberLink extends RedisLink {
  subscribe(keys: readonly string[]): Promise<void>;
  unsubscribe(key: string): Promise<void>;
}

/**
 * A command's failure as the broker wants it: what the server answered stays as it is, everything else
 * (closed, not writable, too many retries) means that there was no answer.
 */
export function toLinkError(error: unknown): Error {
  const { name, message } = error as Error;
  if (name === 'ReplyError' || name === 'SimpleError' || name === 'ErrorReply') {
    return error as Error;
  }
  return new ConnectionLostError(`The connection to Redis was lost: ${message}`, { cause: error });
}
