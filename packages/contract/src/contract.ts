import type { RuntimeContract } from '@asyngular/protocol';
import type { AwaitCheck } from '@asyngular/protocol/internal';
import type { ClientApiOf, ServerApiOf } from './api.js';
import { createChecks } from './checks.js';
import type { ContractDefinition } from './definition.js';
import { assertDefinition } from './definition-check.js';
import { createOutgoing } from './outgoing.js';

/** A contract: the sections that were given, and what clients and servers check by them. */
export type Contract<Definition extends ContractDefinition = ContractDefinition> =
  Readonly<Definition> & RuntimeContract<ClientApiOf<Definition>, ServerApiOf<Definition>>;

/**
 * What an application's clients and server say to each other, from schemas of any library that knows Standard Schema.
 * The server checks by it (`listen(8000, { contract })`), and the types of both ends follow from it: `ClientApi` and
 * `ServerApi`. Throws `InvalidArgumentsError`, naming the place, for what is no contract. Spec: docs/contract.md.
 */
export function contract<Definition extends ContractDefinition>(
  definition: Definition,
): Contract<Definition> {
  assertDefinition(definition);
  return Object.freeze({
    ...definition,
    '~contract': {
      checks: (awaitCheck: AwaitCheck) => createChecks(definition, awaitCheck),
      outgoing: createOutgoing(createChecks(definition, (checked) => checked)),
    },
  });
}
