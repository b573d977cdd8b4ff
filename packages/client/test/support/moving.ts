import { FakeServer } from './fake-server.js';
import { connected, type Harness } from './harness.js';

/** How long a connection that was left goes on, ms. */
export const LINGER_MS = 1_000;

/** A client whose server knows how to move, and from which `log` has nothing yet. */
export async function start(options: Parameters<typeof connected>[0] = {}): Promise<Harness> {
  const server = new FakeServer();
  server.behaviour.handshake = ({ authToken }) => ({
    data: {
      id: server.nextId(),
      pingTimeout: 20_000,
      isAuthenticated: authToken !== null,
      ext: { moving: {}, people: {}, presence: {}, stream: {} },
    },
  });
  server.behaviour.invoke = (event) => (event === '#moving' ? { data: {} } : undefined);
  const harness = await connected({ pingTimeoutDisabled: true, ...options }, server);
  harness.log.length = 0;
  return harness;
}

/** The server in use asks to be left at once. */
export function ask({ server }: Harness, data: unknown = { in: 0, within: 5_000 }): void {
  server.last.emitMessage({ event: '#reconnect', data });
}
