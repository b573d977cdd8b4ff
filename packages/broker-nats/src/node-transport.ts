import { connect as connectTcp, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type NodeConnectionOptions, setTransportFactory } from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';

interface Address {
  hostname: string;
  port: number;
}

/** The client's connection options, with a signal that ends connections however far they have got. */
export interface EndableOptions extends NodeConnectionOptions {
  signal: AbortSignal;
}

/**
 * The NATS client's own TCP transport, except that it lets go of its socket at any time. The client
 * forgets a socket whose connecting it has given up: one that was accepted by a server which says nothing
 * stays open then, and keeps the process alive.
 */
class EndableTransport extends NodeTransport {
  readonly #end = (): void => void this.close();
  #signal: AbortSignal | undefined;

  override async connect(
    address: Address & { tlsName: string },
    options: NodeConnectionOptions & Partial<EndableOptions>,
  ): Promise<void> {
    this.#signal = options.signal;
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener('abort', this.#end);
    await super.connect(address, options);
  }

  override dial({ hostname, port }: Address): Promise<Socket> {
    const socket = connectTcp({ host: hostname, port, noDelay: true });
    this.socket = socket;
    return new Promise((resolve, reject) => {
      let failure = new Error('The connection was given up');
      socket.once('connect', () => {
        socket.removeAllListeners();
        resolve(socket);
      });
      socket.once('error', (error) => {
        failure = error;
      });
      socket.once('close', () => reject(failure));
    });
  }

  override async tlsFirst(address: Address): Promise<TLSSocket> {
    await this.dial(address);
    return super.tlsFirst(address);
  }

  override async close(error?: Error): Promise<void> {
    this.#forgetSignal();
    if (this.connected) {
      await super.close(error);
      return;
    }
    this.done = true;
    this.socket?.destroy();
  }

  override discard(): void {
    this.#forgetSignal();
    super.discard();
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this.#end);
  }
}

/**
 * Makes the client's next connections endable. The client has one transport for the whole process, which
 * `connect()` of its package sets to its own, so this comes after each of its calls.
 */
export function useEndableTransports(): void {
  setTransportFactory({
    factory: () => new EndableTransport(),
    dnsResolveFn: nodeResolveHost,
  });
}
