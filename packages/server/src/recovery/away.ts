import type { BrokerUnavailableError } from '@asyngular/broker';

/** Pause after a read that got no answer in time, in ms. */
export const RETRY_MS = 250;
/** Pause after a read that the broker refused, in ms. */
export const REFUSED_MS = 2_000;

/** The broker gave no answer in time, which says nothing about the next try. Found by code, across copies of a package. */
export function isAway(error: unknown): boolean {
  const { code, reason } = error as Partial<BrokerUnavailableError>;
  return code === 'ERR_BROKER_UNAVAILABLE' && reason === 'timeout';
}
