import { AbortError, protocolEvents, TimeoutError } from '@asyngular/protocol';
import { MAX_TIMEOUT_MS, StreamConsumer, type StreamPart } from '@asyngular/protocol/internal';
import { development } from '#development';
import { type Context, ownedData } from '../context.js';
import type { CallMessage } from './message.js';
import type { Outlet } from './outlet.js';
import type { StreamOptions } from './request-options.js';
import type { Requests } from './requests.js';

/** Opens the stream of one loop. */
export type OpenStream = (event: string, data: unknown, options: StreamOptions) => StreamConsumer;

/** What else of the socket streams use. */
export interface StreamNeeds {
  readonly outlet: Pick<Outlet, 'send'>;
  readonly requests: Pick<Requests, 'call' | 'isInFlight' | 'withdraw'>;
}

/** Streams of results: calls whose answer has many parts, and which may begin anew on another connection. */
export function createOpenStream(context: Context, { outlet, requests }: StreamNeeds): OpenStream {
  const { platform } = context;

  return (event, data, options) => {
    const { timeout, signal, resume, body } = options;
    const highWaterMark = options.highWaterMark ?? context.options.streamHighWaterMark;
    let call: CallMessage | undefined;
    let timer: unknown;
    let last: unknown;

    const consumer = new StreamConsumer(highWaterMark, { onStart, onCredit, onLeave });
    const reader = { acceptPart };
    const caller = {
      resolve: (result: unknown) => close(() => consumer.end(result)),
      reject: (error: unknown) =>
        close(() => (signal?.aborted ? consumer.abort(error) : consumer.fail(error))),
    };

    function onStart(credit: number): void {
      if (Number.isFinite(timeout)) {
        timer = platform.setTimeout(onTimeout, Math.min(timeout!, MAX_TIMEOUT_MS));
      }
      try {
        call = requests.call(event, data, options, caller, {
          reader,
          credit,
          // A body is gone with the first call.
          restart: resume && !body ? restart : undefined,
        });
      } catch (error) {
        caller.reject(error);
      }
    }

    function onTimeout(): void {
      consumer.abort(
        new TimeoutError(
          development ? `The stream ${event} took longer than ${timeout} ms (timeout)` : event,
        ),
      );
    }

    function onCredit(upTo: number): void {
      if (requests.isInFlight(call!)) {
        outlet.send(
          { event: protocolEvents.credit, data: { cid: call!.packet.cid, upTo } },
          call!.link,
        );
      } else {
        call!.credit = upTo;
      }
    }

    function onLeave(): void {
      if (call) {
        requests.withdraw(call, new AbortError(event));
      }
    }

    function acceptPart(part: StreamPart, item: unknown): void {
      if (!part.isEnd && part.number > 0) {
        last = item;
      }
      consumer.acceptPart(part, item);
    }

    /** Called when the connection is lost: whether the same loop goes on with another call. */
    function restart(message: CallMessage): boolean {
      try {
        message.packet.data = ownedData(context, resume!(last));
      } catch (error) {
        caller.reject(error);
        return false;
      }
      message.credit = consumer.restart();
      return true;
    }

    function close(tell: () => void): void {
      platform.clearTimeout(timer);
      tell();
    }

    return consumer;
  };
}
