import type { ClientOptions } from '../../src/index.js';
import { FakeServer } from './fake-server.js';
import { connected, type Harness, pass } from './harness.js';

/** A client of a server that agrees to recovery, and subscribes it with these answers, the last one for ever. */
export async function withHistory(
  answers: object[] = [{ position: 'e:10:a' }],
  options: ClientOptions = {},
): Promise<Harness> {
  const server = new FakeServer();
  agree(server, true);
  const left = [...answers];
  server.behaviour.subscribe = () => ({ data: left.length > 1 ? left.shift() : left[0] });
  return connected({ pingTimeoutDisabled: true, ...options }, server);
}

/** Whether the server names the extension. */
export function agree(server: FakeServer, recovers: boolean): void {
  server.behaviour.handshake = () => ({
    data: {
      id: server.nextId(),
      pingTimeout: 20_000,
      isAuthenticated: false,
      ext: { interruption: {}, ...(recovers && { recovery: {} }) },
    },
  });
}

/** From the server. */
export function publish({ server }: Harness, data: unknown, p?: string, channel = 'c'): void {
  server.last.emitMessage({ event: '#publish', data: { channel, data, ...(p && { p }) } });
}

export async function reconnect({ server }: Harness, awayMs = 3_000): Promise<void> {
  server.last.drop(1006);
  await pass(awayMs);
}
