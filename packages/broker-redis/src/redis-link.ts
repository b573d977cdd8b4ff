import { ConnectionLostError } from '@asyngular/broker/transport';
import type { LuaScript } from './lua-script.js';

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
  /**
   * Runs a script whose keys live in one slot, and loads it first when this connection has not done so. Texts
   * of the answer are buffers. Rejects with Redis' answer, `NOSCRIPT` included: calls behind it are on their way
   * already, and one that took another way would overtake them.
   */
  evaluate(
    script: LuaScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown>;
  /** Runs work at the end of this turn of the event loop, before what was sent in it leaves. */
  atTurnEnd(work: () => void): void;
  /** The scripts are gone: each is loaded again before it is used. */
  forgetScripts(): void;
  /** What Redis says of itself (`INFO`); of any node of a cluster. */
  info(section: 'server' | 'memory'): Promise<string>;
  /**
   * A round trip that rejects when what is published here does not reach everybody, because the server is a
   * replica now. PING would be answered all the same.
   */
  probe(): Promise<void>;
}

/** Text, bytes, or a number that is written in decimal digits. */
export type ScriptArgument = string | number | Buffer;

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
