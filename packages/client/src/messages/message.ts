import { elsewhere } from '@asyngular/errors/internal';
import { BadConnectionError, type BadConnectionType, closeCodes } from '@asyngular/protocol';
import type { StreamPart, StreamProducer } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Link } from '../connection/link.js';

/** A packet as it goes to the codec. */
export interface OutboundPacket {
  event?: string;
  data?: unknown;
  cid?: number;
  rid?: number;
  error?: unknown;
  open?: boolean;
  more?: number;
  end?: number;
  ask?: boolean;
}

/** What the application sends, until it is written, answered or given up. */
interface Pending {
  /** It was written, answered or given up, and is not reported again, though a batch may still hold it. */
  isOver: boolean;
  /** What it was sent on. */
  link?: Link | undefined;
  /** Runs until a transmit is written and a call answered. */
  timer?: unknown;
  /** Of a publication that must not count twice; only servers with recovery are sent it. */
  readonly publicationId?: string | undefined;
  /** Of a publication that this client does not get itself. */
  readonly exceptsSelf?: boolean | undefined;
}

/** A one-way message of the application. */
export interface TransmitMessage extends Pending {
  readonly type: 'transmit';
  readonly packet: { readonly event: string; data?: unknown };
}

/** A remote call, until its answer. */
export interface CallMessage extends Pending {
  readonly type: 'call';
  readonly packet: {
    readonly event: string;
    data?: unknown;
    cid?: number;
    credit?: number | undefined;
    timeout?: number;
    body?: boolean;
  };
  readonly caller: Caller;
  /** Whether it may wait for a later attempt when one to connect fails. */
  waits: boolean;
  /** A publication with an id that is sent again, if its connection is lost before the answer has come. */
  readonly repeats?: boolean | undefined;
  /** When nobody waits any longer, by the platform's clock, ms. */
  readonly dueAt?: number | undefined;
  /** How long a stream may take to open, ms; each time that it is sent. */
  readonly openTimeout?: number | undefined;
  /** A question of the socket itself, which it asks again on another connection. */
  readonly isOwn?: boolean;
  /** Gets the parts of a stream, if the call reads one. */
  readonly reader?: { acceptPart(part: StreamPart, data: unknown): void } | undefined;
  /** How many items the reader takes when the call is sent. */
  credit?: number;
  /** Makes the call one that goes on where a stream was when its connection was lost; whether it can. */
  readonly restart?: ((message: CallMessage) => boolean) | undefined;
  /** What is sent along, and what sends it. */
  readonly body?: AsyncIterable<unknown> | undefined;
  producer?: StreamProducer | undefined;
  /** Removes the listener from the caller's signal, which may outlive the call by far. */
  unwatch?: () => void;
}

/** What a socket sends of its own accord, and answers to the server's calls. No caller waits for it. */
export interface ControlMessage {
  readonly type: 'control';
  readonly packet: OutboundPacket;
  /** What it belongs to; undefined: whichever is in use. */
  readonly link?: Link | undefined;
  /** What to do when the codec or the WebSocket refuses it. */
  readonly onUnencodable?: ((error: unknown) => void) | undefined;
}

export type Message = TransmitMessage | CallMessage | ControlMessage;

/** Who made a call; exactly one of the two runs, synchronously with its cause. */
export interface Caller {
  resolve(data: unknown): void;
  reject(error: unknown): void;
}

/** Makes the error with which a message of that event fails; `advice` ends its message. */
export type ErrorOf = (event: string, advice?: string) => Error;

/** Whether that answer to a stream says that the server leaves; the loss of the connection follows (P16.14). */
export function isFarewell(error: unknown): boolean {
  const { name, code } = (error ?? {}) as Partial<BadConnectionError>;
  return name === 'BadConnectionError' && code === closeCodes.goingAway;
}

/** For the messages and calls that a connection takes with it; `cause` says why it could not be made. */
export function connectionLoss(
  type: BadConnectionType,
  code?: number,
  reason?: unknown,
  cause?: Error,
): ErrorOf {
  const why = cause ? `: ${cause.message}` : '';
  return (event, advice = '') =>
    elsewhere(
      new BadConnectionError(
        development ? `Event ${event} was aborted due to a bad connection${why}${advice}` : event,
        type,
        code,
        reason,
        cause && { cause },
      ),
    );
}
