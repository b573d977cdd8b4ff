import { begin, finish, publishChannel, runPlainly } from './channels.js';
import type { PublishTrace } from './messages.js';

/** What is known of a publication before it is made. */
type Publication = Pick<PublishTrace, 'channel' | 'pattern' | 'context'> & {
  readonly server: object;
  /** The socket whose client publishes; `undefined`: the server itself. */
  readonly socket: object | undefined;
};

/** Publishes, and says so to those who trace. To be called only when there are some. */
export function tracePublish<Outcome>(publication: Publication, publish: () => Outcome): Outcome {
  const message = begin(publishChannel, { ...publication, run: runPlainly } as PublishTrace);
  let outcome: Outcome;
  try {
    outcome = message.run(publish);
  } catch (error) {
    finish(publishChannel, message, error);
    throw error;
  }
  if (outcome instanceof Promise) {
    outcome.then(
      () => finish(publishChannel, message),
      (error: unknown) => finish(publishChannel, message, error),
    );
  } else finish(publishChannel, message);
  return outcome;
}
