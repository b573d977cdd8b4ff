import { InvalidArgumentsError } from '@asyngular/errors';
import { describeValue, nearestName } from '@asyngular/errors/options';
import { parsePattern, patternFault } from './channel-pattern.js';
import type { ChannelDefinition, ContractDefinition, ProcedureDefinition } from './definition.js';
import { isSchema } from './schema.js';

type Members = Readonly<Record<string, unknown>>;

/** How each section is checked. */
const sections: {
  readonly [Name in keyof Required<ContractDefinition>]: (given: unknown, place: string) => void;
} = {
  procedures: eachOf(assertProcedure),
  receivers: eachOf(assertSchema),
  clientProcedures: eachOf(assertProcedure),
  clientReceivers: eachOf(assertSchema),
  channels: assertChannels,
  authToken: assertSchema,
};

const procedureMembers: readonly (keyof ProcedureDefinition)[] = [
  'data',
  'result',
  'yields',
  'errors',
];
const channelMembers: readonly (keyof ChannelDefinition)[] = ['publish', 'data', 'presence'];

/** Throws `InvalidArgumentsError`, naming the place, for what is no contract. */
export function assertDefinition(given: unknown): asserts given is ContractDefinition {
  const known = Object.keys(sections) as (keyof ContractDefinition)[];
  const definition = membersOf(given, 'The definition', known);
  for (const name of known) {
    if (definition[name] !== undefined) sections[name](definition[name], name);
  }
}

function eachOf(assertEntry: (given: unknown, place: string) => void) {
  return (given: unknown, place: string): void => {
    for (const [name, entry] of Object.entries(recordOf(given, place))) {
      if (name.startsWith('#')) {
        throw new InvalidArgumentsError(
          `${place}.${name} of the contract begins with #, as names of the protocol do; give it another name`,
        );
      }
      assertEntry(entry, `${place}.${name}`);
    }
  };
}

function assertSchema(given: unknown, place: string): void {
  if (isSchema(given)) return;
  throw fault(place, given, 'a Standard Schema, such as z.object({ … }) of zod');
}

function assertProcedure(given: unknown, place: string): void {
  if (isSchema(given)) {
    throw fault(place, given, 'an object { data?, result?, yields?, errors? } of schemas');
  }
  const { errors, ...schemas } = membersOf(given, place, procedureMembers);
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema !== undefined) assertSchema(schema, `${place}.${name}`);
  }
  if (errors !== undefined) eachOf(assertSchema)(errors, `${place}.errors`);
  if (schemas.result === undefined || schemas.yields === undefined) return;
  throw new InvalidArgumentsError(
    `${place} of the contract has both result and yields; a stream has yields, any other procedure has result`,
  );
}

function assertChannels(given: unknown, place: string): void {
  /** Patterns by what they fit, whatever their parameters are called. */
  const shapes = new Map<string, string>();
  for (const [name, entry] of Object.entries(recordOf(given, place))) {
    assertChannel(entry, `${place}['${name}']`);
    const wrong = patternFault(name);
    if (wrong !== undefined) {
      throw new InvalidArgumentsError(
        `The channel '${name}' of the contract ${wrong}; write a name, or a pattern such as room:{id}`,
      );
    }
    const shape = parsePattern(name).texts.join('{}');
    const other = shapes.get(shape);
    if (other !== undefined) {
      throw new InvalidArgumentsError(
        `The channels '${other}' and '${name}' of the contract fit the same names; leave one of them out`,
      );
    }
    shapes.set(shape, name);
  }
}

function assertChannel(given: unknown, place: string): void {
  if (isSchema(given)) return;
  const schemas = membersOf(given, place, channelMembers);
  for (const name of channelMembers) {
    if (name === 'data' || schemas[name] !== undefined) {
      assertSchema(schemas[name], `${place}.${name}`);
    }
  }
}

function recordOf(given: unknown, place: string): Members {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Members;
  throw fault(place, given, 'an object');
}

/** The members of an object that may have only these. */
function membersOf<Name extends string>(
  given: unknown,
  place: string,
  known: readonly Name[],
): { readonly [Key in Name]?: unknown } {
  const members = recordOf(given, place);
  for (const name of Object.keys(members)) {
    if ((known as readonly string[]).includes(name)) continue;
    const nearest = nearestName(name, known);
    const advice =
      nearest === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${nearest}?`;
    throw new InvalidArgumentsError(`${place} has an unknown member ${name}${advice}`);
  }
  return members as { readonly [Key in Name]?: unknown };
}

function fault(place: string, given: unknown, expected: string): InvalidArgumentsError {
  return new InvalidArgumentsError(
    `${place} of the contract is ${describeValue(given)}; it must be ${expected}`,
  );
}
