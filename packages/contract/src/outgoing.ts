import {
  type ContractChecks,
  findDeclared,
  type Outgoing,
  type PayloadCheck,
  refusedPublisher,
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
    procedure: (name) => findDeclared(procedures, 'procedure', name)?.data,
    receiver: (name) => findDeclared(receivers, 'receiver', name),
    channel(name) {
      const channel = findDeclared(channels, 'channel', name);
      if (channel === undefined || channel.publish !== undefined) return channel?.publish;
      throw refusedPublisher(name);
    },
  };
  return (kind, name, data) => {
    // The contract says nothing of the protocol's own names.
    if (name.startsWith('#')) return;
    const checked = finders[kind](name)?.(data);
    if (checked instanceof Promise) checked.catch(() => {});
  };
}
