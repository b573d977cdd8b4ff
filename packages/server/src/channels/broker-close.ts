import type { Broker } from '@asyngular/broker';
import { within } from '@asyngular/broker/transport';
import { BrokerError } from '@asyngular/protocol';

/** The part of the time that the broker gets for itself; the rest is for one that takes longer. */
const BROKER_SHARE = 0.5;

/** Closes a server's broker within `timeoutMs`, whatever it does. Never rejects. */
export async function closeBroker(
  broker: Broker,
  timeoutMs: number,
  emitWarning: (warning: Error) => void,
): Promise<void> {
  const closed = broker.close({ timeoutMs: timeoutMs * BROKER_SHARE });
  if (await within(closed, timeoutMs)) return;
  const message = `The ${broker.name} broker did not close within ${timeoutMs} ms and is left behind; it may keep the process alive`;
  emitWarning(new BrokerError(message));
}
