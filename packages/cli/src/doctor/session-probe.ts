import { heartbeats, type ProtocolVersion, protocolEvents } from '@asyngular/protocol';
import { WebSocket } from 'ws';
import type { Target } from './dial.js';

/** What the other end did. */
export type SessionEvent =
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'silence' };

/** A WebSocket whose messages are read one at a time. */
export class SessionProbe {
  readonly #ws: WebSocket;
  readonly #version: ProtocolVersion;
  readonly #events: SessionEvent[] = [];
  #wake: (() => void) | undefined;

  constructor(target: Target, version: ProtocolVersion, headers: Readonly<Record<string, string>>) {
    const { hostname, port, secure, path, query, timeoutMs, insecure } = target;
    const host = hostname.includes(':') ? `[${hostname}]` : hostname;
    const url = `${secure ? 'wss' : 'ws'}://${host}:${port}${path}${query ? `?${query}` : ''}`;
    this.#version = version;
    this.#ws = new WebSocket(url, {
      headers,
      rejectUnauthorized: !insecure,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
    });
    this.#ws.on('message', (data) => this.#add({ type: 'message', text: String(data) }));
    this.#ws.on('close', (code, reason) =>
      this.#add({ type: 'closed', code, reason: String(reason) }),
    );
    // The close follows.
    this.#ws.on('error', () => {});
  }

  /** Resolves when messages can be sent; false when the connection was closed instead. */
  opened(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#ws.once('open', () => resolve(true));
      this.#ws.once('close', () => resolve(false));
    });
  }

  /** Sends a call with data. `filler` makes it as long as is wanted; servers ignore members that they do not know. */
  call(cid: number, event: string, data: unknown, filler?: string): void {
    this.#ws.send(JSON.stringify({ event, data, cid, filler }));
  }

  /** Sends `#handshake`; asks for the server's limits, which published servers do not know. */
  shakeHands(cid: number, authToken: string | null): void {
    this.call(cid, protocolEvents.handshake, { authToken, ext: { limits: {} } });
  }

  /** The next thing that happens; silence after so many ms. Pings are answered. */
  async next(waitMs: number): Promise<SessionEvent> {
    if (this.#events.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#events.shift() ?? { type: 'silence' };
  }

  /** Whether a message is a ping of the protocol version that was asked for. */
  isPing(text: string): boolean {
    return text === heartbeats[this.#version].ping;
  }

  /** The version of a ping that is not of the one that was asked for; undefined for everything else. */
  otherVersion(text: string): ProtocolVersion | undefined {
    const other = this.#version === 1 ? 2 : 1;
    return text === heartbeats[other].ping ? other : undefined;
  }

  close(): void {
    this.#ws.close(1000);
    // The other end may be what is broken: it is not waited for.
    setTimeout(() => this.#ws.terminate(), 500).unref();
  }

  #add(event: SessionEvent): void {
    if (event.type === 'message' && this.isPing(event.text)) {
      this.#ws.send(heartbeats[this.#version].pong);
    }
    this.#events.push(event);
    this.#wake?.();
    this.#wake = undefined;
  }
}
