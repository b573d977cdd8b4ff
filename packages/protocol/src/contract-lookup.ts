import { NoHandlerError } from '@asyngular/errors';
import { nearestName } from '@asyngular/errors/options';

/** A name that the contract does not have. `known` are those among which one may have been meant; none: no advice. */
export function unknownName(kind: string, name: string, known: readonly string[]): NoHandlerError {
  const meant = nearestName(name, known);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return new NoHandlerError(`the contract has no ${kind} "${name}"${hint}`);
}
