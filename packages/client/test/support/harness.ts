import { pass } from '@asyngular/test-utils/clock';
import { expect } from 'vitest';
import { AGClientSocket, type ClientOptions, create } from '../../src/index.js';
import { FakeServer } from './fake-server.js';

/** A client on a fake server in virtual time, with a log of its events. */
export interface Harness {
  readonly server: FakeServer;
  readonly socket: AGClientSocket;
  /** Names of events in the order of their emission. */
  readonly log: string[];
  readonly payloads: { name: string; payload: any }[];
}

/** Time of the tests: `beforeEach(useVirtualTime)`, then `await pass(ms)`. */
export { pass, stopTime as useVirtualTime } from '@asyngular/test-utils/clock';

export function start(options: ClientOptions = {}, server = new FakeServer()): Harness {
  const socket = create({
    autoConnect: false,
    logger: false,
    ...options,
    platform: server.platform({ random: () => 0.5, ...options.platform }),
  });
  const log: string[] = [];
  const payloads: { name: string; payload: any }[] = [];
  const announce = socket.announce.bind(socket);
  socket.announce = (name: string, payload?: any) => {
    announce(name, payload);
    // Each message would be in it, pings too.
    if (name === 'message') return;
    log.push(name);
    payloads.push({ name, payload });
  };
  return { server, socket, log, payloads };
}

/** Starts a client and waits for its first connection. */
export async function connected(
  options: ClientOptions = {},
  server?: FakeServer,
): Promise<Harness> {
  const harness = start(options, server);
  harness.socket.connect();
  await pass();
  if (harness.socket.state !== AGClientSocket.OPEN) {
    throw new Error(`the client is ${harness.socket.state} instead of open`);
  }
  return harness;
}

/** What a client offers on its first connection, as the packet has it. */
export const firstOffer = {
  interruption: {},
  limits: {},
  unhandled: {},
  moving: {},
  recovery: {},
  stream: {},
  cancel: {},
  presence: {},
  types: {},
  people: { id: expect.any(String) },
};

/** A signed-looking token; nobody verifies it here. */
export function token(payload: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}.signature`;
}

/** Resolves to what a promise did, so that its rejection is always handled. */
export async function outcome(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}
