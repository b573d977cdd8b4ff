import { NotSupportedError, protocolEvents, TimeoutError } from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  type ServedCallTable,
  STREAM_EXTENSION,
  StreamProducer,
} from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Link } from '../connection/link.js';
import type { CallMessage } from './message.js';

/**
 * Puts into a call what it adds to a plain one, as far as the server knows of that.
 * @throws NotSupportedError where it needs what the server does not know
 */
export function addTerms(
  { packet, reader, credit, body, dueAt }: CallMessage,
  { extensions }: Link,
  now: number,
): void {
  if ((reader || body) && !extensions.has(STREAM_EXTENSION)) {
    throw new NotSupportedError(
      development
        ? `Event ${packet.event} was aborted: the server knows no streams; update it, or invoke() without a body`
        : packet.event,
    );
  }
  if (reader) {
    packet.credit = credit;
  }
  if (body) {
    packet.body = true;
  }
  if (dueAt !== undefined && extensions.has(CANCEL_EXTENSION)) {
    packet.timeout = Math.max(Math.ceil(dueAt - now), 1);
  } else {
    delete packet.timeout;
  }
}

/** Places that the call takes among those for streams and bodies. */
export function streamsOf({ reader, body }: CallMessage): number {
  return reader || body ? 1 : 0;
}

/** Whether the server is to hear that nobody waits for a call any more. Those of the protocol itself are short. */
export function canWithdraw({ packet, reader, body }: CallMessage, { extensions }: Link): boolean {
  const isStream = reader !== undefined || body !== undefined;
  return !packet.event.startsWith('#') && (isStream || extensions.has(CANCEL_EXTENSION));
}

/** Sends the body of a call that has gone out, as the server asks for it. `fail` withdraws the call. */
export function sendBody(
  { packet: { cid }, body }: CallMessage,
  calls: ServedCallTable,
  fail: (error: unknown) => void,
): StreamProducer | undefined {
  const send = (data: object) => calls.send({ event: protocolEvents.body, data }, fail);
  return (
    body &&
    new StreamProducer(
      body,
      0,
      {
        onItem: (data, n, ask) => send({ cid, n, data, ...(ask && { ask }) }),
        onEnd: (_result, n) => send({ cid, n, end: true }),
        onError: fail,
        onIdle: () =>
          fail(new TimeoutError(development ? 'The body was not read for too long' : 'body')),
      },
      calls,
    )
  );
}
