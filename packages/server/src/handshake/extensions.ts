import { decodeExtensions, negotiateExtensions } from '@asyngular/protocol';
import {
  INTERRUPTION_EXTENSION,
  LIMITS_EXTENSION,
  type Limits,
  parseLimits,
  RECOVERY_EXTENSION,
  UNHANDLED_EXTENSION,
} from '@asyngular/protocol/internal';

/** What both sides named; `undefined` when that is nothing, as for most other clients (P12.2). */
export function agreeOnExtensions(
  offered: unknown,
  { maxPayload, maxBatchLength }: Limits,
  hasHistory: boolean,
): ReadonlyMap<string, unknown> | undefined {
  if (offered === undefined) return undefined;
  const supported = new Map<string, () => object | undefined>([
    [INTERRUPTION_EXTENSION, () => ({})],
    [LIMITS_EXTENSION, () => ({ maxPayload, maxBatchLength })],
    [RECOVERY_EXTENSION, () => (hasHistory ? {} : undefined)],
    [UNHANDLED_EXTENSION, () => ({})],
  ]);
  const agreed = negotiateExtensions(offered, supported);
  return agreed.size === 0 ? undefined : agreed;
}

/** How large a message the client takes, by what it offered. */
export function limitsOfClient(offered: unknown): Limits {
  return parseLimits(decodeExtensions(offered).get(LIMITS_EXTENSION));
}
