import { type ExtensionAnswer, negotiateExtensions } from '@asyngular/protocol';
import { INTERRUPTION_EXTENSION } from '@asyngular/protocol/internal';

/** Additions to the protocol that this server agrees to when a client offers them (P12.2). */
const supported: ReadonlyMap<string, ExtensionAnswer> = new Map([
  [INTERRUPTION_EXTENSION, () => ({})],
]);

/** What both sides named; `undefined` when that is nothing, as for most other clients. */
export function agreeOnExtensions(offered: unknown): ReadonlyMap<string, unknown> | undefined {
  if (offered === undefined) return undefined;
  const agreed = negotiateExtensions(offered, supported);
  return agreed.size === 0 ? undefined : agreed;
}
