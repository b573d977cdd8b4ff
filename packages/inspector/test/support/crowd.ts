import type {
  Connection,
  ConnectionHandler,
  EngineHost,
  ListeningEngine,
  PreparedFrame,
} from '@asyngular/server';
import { until } from '@asyngular/test-utils/wait';

/** A frame of which nobody reads the bytes. */
interface Frame extends PreparedFrame {
  readonly message?: string | Uint8Array;
}

/** A client without a network: whatever it is sent arrives at once. */
export class CrowdClient implements Connection {
  readonly raw = {};
  readonly remoteFamily = 'IPv4';
  readonly remoteAddress: string;
  readonly remotePort: number;
  bytesReceived = 0;
  /** Set by the test: what the kernel would not take. */
  bufferedBytes = 0;
  handler!: ConnectionHandler;
  isClosed = false;
  #lastCid = 0;

  constructor(place: number) {
    this.remoteAddress = `10.${(place >> 16) & 255}.${(place >> 8) & 255}.${place & 255}`;
    this.remotePort = 1_024 + (place % 60_000);
  }

  /** The client calls. */
  call(event: string, data: unknown): void {
    this.#receive({ event, data, cid: ++this.#lastCid });
  }

  transmit(event: string, data: unknown): void {
    this.#receive({ event, data });
  }

  send(): boolean {
    return this.bufferedBytes === 0;
  }

  sendPrepared(): boolean {
    return this.bufferedBytes === 0;
  }

  pause(): void {}
  resume(): void {}

  close(code: number, reason: string): void {
    this.#end(code, reason);
  }

  terminate(): void {
    this.#end(1_006, '');
  }

  #receive(packet: object): void {
    if (this.isClosed) return;
    const text = JSON.stringify(packet);
    this.bytesReceived += text.length;
    this.handler.onMessage(text);
  }

  #end(code: number, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    setImmediate(() => this.handler.onClose(code, reason));
  }
}

/** An engine whose connections come from the test, so that ten thousand of them cost no file descriptors. */
export class CrowdEngine implements ListeningEngine {
  readonly raw = {};
  port: number | undefined;
  #host: EngineHost | undefined;

  listen(port: number, host: EngineHost): void {
    this.port = port;
    this.#host = host;
  }

  prepare(message: string | Uint8Array): Frame {
    return { byteLength: message.length, message };
  }

  join(frames: readonly PreparedFrame[]): Frame {
    return { byteLength: frames.reduce((sum, { byteLength }) => sum + byteLength, 0) };
  }

  close(): void {
    this.port = undefined;
  }

  /** Clients whose handshake is complete, each with the token that `tokenOf` gives it. */
  async connect(
    count: number,
    path: string,
    tokenOf: (place: number) => string | null = () => null,
  ): Promise<CrowdClient[]> {
    const clients: CrowdClient[] = [];
    for (let place = 0; place < count; place++) {
      const client = new CrowdClient(place);
      this.#host!.onUpgrade({
        request: requestOf(client, path) as never,
        isGone: false,
        accept: (onConnection) => {
          onConnection(client);
          client.call('#handshake', { authToken: tokenOf(place) });
          clients.push(client);
        },
        refuse: (status, body) => {
          throw new Error(`the server refused client ${place} with ${status} ${body}`);
        },
        drop() {},
      });
      if (place % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(
      'the handshakes',
      () => clients.length === count,
      () => clients.length,
    );
    return clients;
  }
}

function requestOf({ remoteAddress }: CrowdClient, url: string): object {
  const headers = { host: 'localhost', 'user-agent': 'crowd' };
  return { method: 'GET', url, headers, rawHeaders: [], socket: { remoteAddress } };
}
