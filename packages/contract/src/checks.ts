import type {
  AwaitCheck,
  ChannelChecks,
  ContractChecks,
  PayloadCheck,
  ProcedureChecks,
} from '@asyngular/protocol/internal';
import type { ChannelDefinition, ContractDefinition, ProcedureDefinition } from './definition.js';
import { nameTable, patternTable } from './name-tables.js';
import { checkBy, checkNothing, dropResult } from './payload-check.js';
import { isSchema, type Schema } from './schema.js';

/** The checks of a contract, made once, so that a message costs a look-up by name and its schema. */
export function createChecks(
  definition: ContractDefinition,
  awaitCheck: AwaitCheck,
): ContractChecks {
  const { procedures, receivers, clientProcedures, clientReceivers, channels } = definition;
  const check: CheckMaker = (schema, what) => checkBy(schema, what, awaitCheck);
  const callChecks = (given: ProcedureDefinition, name: string) =>
    procedureChecks(check, given, name);
  const messageCheck = (schema: Schema, name: string) => check(schema, `The data of ${name}`);
  return {
    procedures: procedures && nameTable(mapEntries(procedures, callChecks)),
    receivers: receivers && nameTable(mapEntries(receivers, messageCheck)),
    clientProcedures: clientProcedures && nameTable(mapEntries(clientProcedures, callChecks)),
    clientReceivers: clientReceivers && nameTable(mapEntries(clientReceivers, messageCheck)),
    channels:
      channels &&
      patternTable(mapEntries(channels, (given, name) => channelChecks(check, given, name))),
  };
}

type CheckMaker = (schema: Schema, what: string) => PayloadCheck;

function mapEntries<Given, Made>(
  entries: Readonly<Record<string, Given>>,
  make: (given: Given, name: string) => Made,
): Map<string, Made> {
  return new Map(Object.entries(entries).map(([name, given]) => [name, make(given, name)]));
}

function procedureChecks(
  check: CheckMaker,
  { data, result, yields, errors = {} }: ProcedureDefinition,
  name: string,
): ProcedureChecks {
  return {
    data: data ? check(data, `The data of ${name}`) : checkNothing(`The data of ${name}`),
    result: result ? check(result, `The result of ${name}`) : dropResult,
    item: yields && check(yields, `An item of ${name}`),
    errors: mapEntries(errors, (schema, error) => check(schema, `The data of its ${error}`)),
  };
}

function channelChecks(
  check: CheckMaker,
  given: Schema | ChannelDefinition,
  name: string,
): ChannelChecks {
  const definition = isSchema(given) ? { data: given, publish: given } : given;
  const { data, publish, presence } = definition as ChannelDefinition;
  const checkData = check(data, `The data of channel ${name}`);
  return {
    publish: publish && check(publish, `What is published on channel ${name}`),
    data: checkData,
    relay: publish === data ? undefined : checkData,
    presence: presence && check(presence, `The state of a member of channel ${name}`),
  };
}
