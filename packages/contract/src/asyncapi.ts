import { AsyncApiDocument } from './asyncapi-document.js';
import { parsePattern } from './channel-pattern.js';
import type { Contract } from './contract.js';
import type { ChannelDefinition, ProcedureDefinition } from './definition.js';
import type { Json } from './json-schema.js';
import { isSchema, type Schema } from './schema.js';

/** Options of `asyncapi()`. */
export interface AsyncApiOptions {
  /** Name of the application. Default `Asyngular application`. */
  title?: string;
  /** Its version. Default `1.0.0`. */
  version?: string;
}

/**
 * A contract as a document of AsyncAPI 3.0, as JSON, seen from the server: it receives what clients call, transmit and
 * publish, and sends the rest. A procedure is a channel with a reply, a channel with parameters is one. Payloads are what
 * `data` of a packet is; docs/protocol.md has the packets. Libraries have to know Standard JSON Schema (zod from 4.2,
 * arktype, valibot by its converter): a schema without such a form is `{}`, and `x-warnings` of the document says so.
 */
export function asyncapi(contract: Contract, options: AsyncApiOptions = {}): Json {
  const { procedures, receivers, clientProcedures, clientReceivers, channels } = contract;
  const document = new AsyncApiDocument();
  for (const [name, procedure] of Object.entries(procedures ?? {})) {
    addProcedure(document, name, procedure, 'receive');
  }
  for (const [name, schema] of Object.entries(receivers ?? {})) {
    addMessage(document, name, schema, 'receive');
  }
  for (const [name, procedure] of Object.entries(clientProcedures ?? {})) {
    addProcedure(document, name, procedure, 'send');
  }
  for (const [name, schema] of Object.entries(clientReceivers ?? {})) {
    addMessage(document, name, schema, 'send');
  }
  for (const [name, channel] of Object.entries(channels ?? {})) {
    addChannel(document, name, channel);
  }
  return document.toJson(options);
}

/** Who begins: the server receives, or sends. */
type Action = 'receive' | 'send';

function addProcedure(
  document: AsyncApiDocument,
  name: string,
  { data, result, yields, errors = {} }: ProcedureDefinition,
  action: Action,
): void {
  // What the server gets has not been through its schema, and what it sends has.
  const [asked, answered] =
    action === 'receive' ? (['input', 'output'] as const) : (['output', 'input'] as const);
  const channel = document.addChannel(action === 'receive' ? 'procedure' : 'clientProcedure', name);
  const call = channel.addMessage('call', data, asked);
  const replies = [
    yields
      ? channel.addMessage('item', yields, answered, 'An item of the stream; several of them')
      : channel.addMessage('result', result, answered),
    ...Object.entries(errors).map(([error, schema]) => channel.addError(error, schema, answered)),
  ];
  document.addOperation(channel, { action, messages: [call], replies });
}

function addMessage(
  document: AsyncApiDocument,
  name: string,
  schema: Schema,
  action: Action,
): void {
  const channel = document.addChannel(action === 'receive' ? 'receiver' : 'clientReceiver', name);
  const side = action === 'receive' ? 'input' : 'output';
  const message = channel.addMessage('message', schema, side);
  document.addOperation(channel, { action, messages: [message] });
}

function addChannel(
  document: AsyncApiDocument,
  name: string,
  given: Schema | ChannelDefinition,
): void {
  const isAlone = isSchema(given);
  const { publish, data } = isAlone ? { publish: given, data: given } : given;
  const channel = document.addChannel('channel', name, parsePattern(name).params);
  const arriving = channel.addMessage('publication', data, 'output');
  document.addOperation(channel, { action: 'send', messages: [arriving] });
  if (publish === undefined) return;
  const published = channel.addMessage('published', publish, 'input', 'What clients publish');
  document.addOperation(channel, { action: 'receive', messages: [published] });
}
