import { InvalidActionError } from '@asyngular/errors';
import {
  type ContractChecks,
  type NameTable,
  type Outgoing,
  type PayloadCheck,
  unknownName,
} from '@asyngular/protocol/internal';

/**
 * The check of what a client is about to send, which throws what the server would answer. It changes nothing: the server
 * makes of data what the schema makes of them, once. What needs an asynchronous schema is left to the server.
 */
export function createOutgoing(
  checks: ContractChecks,
): (kind: Outgoing, name: string, data: unknown) => void {
  const { procedures, receivers, channels } = checks;
  const finders: { readonly [Kind in Outgoing]: (name: string) => PayloadCheck | undefined } = {
    procedure: (name) => find('procedure', procedures, name)?.data,
    receiver: (name) => find('receiver', receivers, name),
    channel(name) {
      const channel = find('channel', channels, name);
      if (channel === undefined || channel.publish !== undefined) return channel?.publish;
      throw new InvalidActionError(
        `Clients do not publish on the ${name} channel: the contract has no publish for it`,
      );
    },
  };
  return (kind, name, data) => {
    // Names of the protocol are no names of the contract.
    if (name.startsWith('#')) return;
    const checked = finders[kind](name)?.(data);
    if (checked instanceof Promise) checked.catch(() => {});
  };
}

function find<Entry>(
  kind: string,
  table: NameTable<Entry> | undefined,
  name: string,
): Entry | undefined {
  if (table === undefined) return undefined;
  const entry = table.get(name);
  if (entry === undefined) throw unknownName(kind, name, table.names);
  return entry;
}
