import type {
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
export function createChecks(definition: ContractDefinition): ContractChecks {
  const { procedures, receivers, clientProcedures, clientReceivers, channels } = definition;
  return {
    procedures: procedures && nameTable(mapEntries(procedures, procedureChecks)),
    receivers: receivers && nameTable(mapEntries(receivers, messageCheck)),
    clientProcedures: clientProcedures && nameTable(mapEntries(clientProcedures, procedureChecks)),
    clientReceivers: clientReceivers && nameTable(mapEntries(clientReceivers, messageCheck)),
    channels: channels && patternTable(mapEntries(channels, channelChecks)),
  };
}

function mapEntries<Given, Made>(
  entries: Readonly<Record<string, Given>>,
  make: (given: Given, name: string) => Made,
): Map<string, Made> {
  return new Map(Object.entries(entries).map(([name, given]) => [name, make(given, name)]));
}

function messageCheck(schema: Schema, name: string): PayloadCheck {
  return checkBy(schema, `The data of ${name}`);
}

function procedureChecks(
  { data, result, yields, errors = {} }: ProcedureDefinition,
  name: string,
): ProcedureChecks {
  return {
    data: data ? checkBy(data, `The data of ${name}`) : checkNothing(`The data of ${name}`),
    result: result ? checkBy(result, `The result of ${name}`) : dropResult,
    item: yields && checkBy(yields, `An item of ${name}`),
    errors: mapEntries(errors, (schema, error) => checkBy(schema, `The data of its ${error}`)),
  };
}

function channelChecks(given: Schema | ChannelDefinition, name: string): ChannelChecks {
  const definition = isSchema(given) ? { data: given, publish: given } : given;
  const { data, publish, presence } = definition as ChannelDefinition;
  const checkData = checkBy(data, `The data of channel ${name}`);
  return {
    publish: publish && checkBy(publish, `What is published on channel ${name}`),
    data: checkData,
    relay: publish === data ? undefined : checkData,
    presence: presence && checkBy(presence, `The state of a member of channel ${name}`),
  };
}
