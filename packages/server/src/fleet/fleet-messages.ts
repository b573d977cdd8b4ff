import { isRecord } from '@asyngular/protocol/internal';
import type { FleetServer } from './types.js';

/** What servers tell each other of themselves. */
export type FleetMessage =
  | {
      readonly type: 'beat';
      /** The sender knows nothing of those it sends this to. */
      readonly isHello: boolean;
      readonly server: Omit<FleetServer, 'id'>;
    }
  | { readonly type: 'bye' };

const MAX_VERSION_LENGTH = 64;

export function writeBeat(server: Omit<FleetServer, 'id'>, isHello: boolean): FleetMessage {
  return { type: 'beat', isHello, server };
}

/** Reads what another server sent; `undefined` if it is not a message of this kind. */
export function parseFleetMessage(value: unknown): FleetMessage | undefined {
  if (!isRecord(value)) return undefined;
  if (value.type === 'bye') return { type: 'bye' };
  const { isHello, server } = value;
  if (value.type !== 'beat' || typeof isHello !== 'boolean' || !isRecord(server)) return undefined;
  const { since, clients, load, version, isDraining } = server;
  if (!isFiniteNumber(since) || !isFiniteNumber(clients) || !isFiniteNumber(load)) return undefined;
  if (typeof version !== 'string' || version.length > MAX_VERSION_LENGTH) return undefined;
  return {
    type: 'beat',
    isHello,
    // A former version says nothing of it.
    server: { since, clients, load, version, isDraining: isDraining === true },
  };
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
