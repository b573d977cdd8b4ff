import { BacklogLimitError } from '@asyngular/errors';
import type { MeteredConsumer, UnreadConsumer } from '@asyngular/streams';

/** What a loop that reads nothing is reported with. `owner` is the object whose streams they are. */
export function unreadWarning(consumer: UnreadConsumer, owner: string): BacklogLimitError {
  const { id, backpressure, stream, family = 'stream' } = consumer;
  const name = stream === undefined ? '' : ` ${stream}`;
  return new BacklogLimitError(
    `Consumer ${id} of the ${family}${name} of ${owner} has read nothing for 10 s, and ${backpressure} messages ` +
      'wait for it; does its loop hang, or was it dropped without return()?',
    backpressure,
  );
}

/** What the first loop that holds clients up is reported with. */
export function lagWarning(
  limit: string,
  kind: string,
  consumer: MeteredConsumer,
): BacklogLimitError {
  const count = consumer.getBackpressure();
  return new BacklogLimitError(
    `A loop over the ${kind} ${consumer.streamName ?? ''} lags ${count} messages behind ` +
      `(${consumer.backlogSize} bytes), so clients that cause more have to wait until it has read half of ` +
      `them; make it faster, give its consumer a highWaterMark, or raise ${limit}. Further loops that lag ` +
      'are only counted for a minute',
    count,
  );
}

/** What a socket is reported with whose application has stopped to consume. */
export function stuckWarning(socketId: string, messages: number): BacklogLimitError {
  return new BacklogLimitError(
    `Nothing of the ${messages} messages that wait for loops and handlers of socket ${socketId} was consumed for ` +
      '10 s, so the client is not read from; does a loop or handler hang, or was a consumer dropped without ' +
      'return()?',
    messages,
  );
}
