import type { BacklogMeter } from './backlog-meter.js';
import type { ConsumerStats } from './consumer.js';

/** What every owner of streams may be given. */
export interface StreamOptions {
  /** Hears of every packet that enters or leaves a backlog. Default: nobody does. */
  meter?: BacklogMeter | undefined;
  /** Called once for each consumer without a `highWaterMark` that does not read a single packet for 10 s while
   *  1,024 or more of them wait. A development aid: such a backlog grows until memory ends. Default: nothing is
   *  checked or reported. Must not throw. */
  onUnreadConsumer?: ((consumer: UnreadConsumer) => void) | undefined;
  /** Takes what the callback of a `consume()` over these streams throws, unless that has an `onError` of its own.
   *  Default: such an error is an unhandled rejection. Must not throw. */
  onCallbackError?: ((error: unknown) => void) | undefined;
}

/** A consumer whose backlog grows while nobody reads it: that of a loop whose body hangs, or one that was dropped
 *  without `return()`. */
export interface UnreadConsumer extends ConsumerStats {
  /** What the stream is to its owner; absent for a stream or demux of your own. */
  family?: StreamFamily;
}

/** The kinds of streams that emitters, sockets and channels have. */
export type StreamFamily =
  | 'listener'
  | 'receiver'
  | 'procedure'
  | 'channel output'
  | 'channel listener'
  | 'channel presence';
