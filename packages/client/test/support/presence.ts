import { collect } from '@asyngular/test-utils/collect';
import type { ClientOptions, PresenceChange } from '../../src/index.js';
import { FakeServer } from './fake-server.js';
import { connected, type Harness, pass } from './harness.js';

// Both ends of presence (docs/protocol.md P15): a server that says what tests want, and what a client has said.

/** What the server makes up for each client that offers none. */
export const SECRET = 'abcdefghijklmnopqrstuv';

/** A client of a server that keeps presence, and answers requests about it with these data or errors. */
export async function withPresence({
  answer = () => ({ data: { key: 'me' } }),
  ...options
}: ClientOptions & {
  answer?: (data: any) => { data?: any; error?: any } | undefined;
} = {}): Promise<Harness> {
  const server = new FakeServer();
  agree(server, true);
  server.behaviour.subscribe = ({ presence }) => ({
    data: presence && { presence: { key: 'me' } },
  });
  server.behaviour.invoke = (_event, data) => answer(data);
  return connected({ pingTimeoutDisabled: true, ...options }, server);
}

/** Connections from now on have presence, or have none. */
export function agree(server: FakeServer, hasPresence: boolean): void {
  server.behaviour.handshake = () => ({
    data: {
      id: server.nextId(),
      pingTimeout: 20_000,
      isAuthenticated: false,
      ext: hasPresence ? { presence: { client: SECRET }, people: {} } : {},
    },
  });
}

export function say({ server }: Harness, data: object, channel = 'c'): void {
  server.last.emitMessage({ event: '#presence', data: { channel, ...data } });
}

export function sync(harness: Harness, members: object[], more: object = {}): void {
  say(harness, { sync: true, page: 1, of: 1, members, ...more });
}

export function member(key: string, state: unknown = {}): object {
  return { key, userId: key, state, at: 1_000 };
}

/** The data of all packets about presence that the last connection has sent, subscriptions included. */
export function said({ server }: Harness): any[] {
  return [...server.received('#subscribe'), ...server.received('#presence')].map(
    ({ data: { channel: _channel, ...data } }) => data,
  );
}

export async function reconnect({ server }: Harness): Promise<void> {
  server.last.drop(1006);
  await pass(3_000);
}

/** What a loop reads, in words. */
export function words(change: PresenceChange): string {
  if (change.type === 'sync') return `sync ${[...change.members.keys()]} of ${change.count}`;
  return change.type === 'count' ? `count ${change.count}` : `${change.type} ${change.member.key}`;
}

/** The `presenceFail` events of the channel. */
export function failures({ socket }: Harness): string[] {
  return collect(socket.channel('c').listener('presenceFail'), ({ error }) => String(error));
}
