import type { Broker } from '@asyngular/broker';
import { within } from '@asyngular/broker/transport';

/** The part of the time that the broker gets for itself; the rest is for one that takes longer. */
const BROKER_SHARE = 0.5;

/** Closes a server's broker; resolves within `timeoutMs` to whether it did close. Never rejects. */
export function closeBroker(broker: Broker, timeoutMs: number): Promise<boolean> {
  return within(broker.close({ timeoutMs: timeoutMs * BROKER_SHARE }), timeoutMs);
}
