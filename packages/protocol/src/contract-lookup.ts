import { InvalidActionError, NoHandlerError } from '@asyngular/errors';
import { nearestName } from '@asyngular/errors/options';
import type { NameTable } from './contract-checks.js';

/**
 * What a section of the contract has under a name; `undefined` where the contract leaves the section out. Throws
 * `NoHandlerError` for a name that it does not have, which suggests the nearest one if `mayAdvise()`, as it may by default.
 */
export function findDeclared<Entry>(
  table: NameTable<Entry> | undefined,
  kind: string,
  name: string,
  mayAdvise = () => true,
): Entry | undefined {
  const entry = table?.get(name);
  if (table === undefined || entry !== undefined) return entry;
  const meant = mayAdvise() ? nearestName(name, table.names) : undefined;
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  throw new NoHandlerError(`the contract has no ${kind} "${name}"${hint}`);
}

/** The refusal of a client's publication on a channel where only the server publishes. */
export function refusedPublisher(channel: string): InvalidActionError {
  return new InvalidActionError(
    `Clients do not publish on the ${channel} channel: the contract has no publish for it`,
  );
}
