import { begin, finish, recoveryChannel } from './channels.js';
import type { RecoveryTrace } from './messages.js';

/** A subscription has come back. To be called only when somebody traces that. */
export function beginRecovery(about: {
  readonly server: object;
  readonly channel: string;
  readonly socket: object | undefined;
}): RecoveryTrace {
  return begin(recoveryChannel, { ...about, outcome: undefined } as RecoveryTrace);
}

/** What became of it; only the first word on it counts. */
export function endRecovery(
  message: RecoveryTrace | undefined,
  outcome: NonNullable<RecoveryTrace['outcome']>,
): void {
  if (message === undefined || message.outcome !== undefined) return;
  message.outcome = outcome;
  finish(recoveryChannel, message);
}
