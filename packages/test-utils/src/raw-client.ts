import { WebSocket } from 'ws';
import { nextEvent } from './event.js';
import { within } from './wait.js';

type Json = any;

interface Waiter {
  readonly test: (message: Json) => boolean;
  readonly resolve: (message: Json) => void;
}

/** A client that speaks the wire protocol by hand: it records every message and can misbehave. */
export class RawClient {
  readonly ws: WebSocket;
  /** Parsed packets and texts in arrival order, batches as arrays, pings left out. */
  readonly received: Json[] = [];
  /** Pings as they came: `''` or `'#1'`. */
  readonly pings: string[] = [];
  closed: { code: number; reason: string } | undefined;
  answersPings: boolean;
  readonly #waiters = new Set<Waiter>();
  #lastCid = 0;

  constructor(
    url: string,
    options: { headers?: Record<string, string>; answersPings?: boolean } = {},
  ) {
    this.answersPings = options.answersPings ?? true;
    this.ws = new WebSocket(url, { headers: options.headers });
    this.ws.on('message', (data, isBinary) => this.#onMessage(isBinary ? data : String(data)));
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#offer({ $closed: code });
    });
    this.ws.on('error', () => {});
  }

  #onMessage(message: any): void {
    if (message === '' || message === '#1') {
      this.pings.push(message);
      if (this.answersPings) this.ws.send(message === '' ? '' : '#2');
      this.#offer({ $ping: message });
      return;
    }
    let value: Json = message;
    if (typeof message === 'string') {
      try {
        value = JSON.parse(message);
      } catch {}
    }
    this.received.push(value);
    for (const packet of Array.isArray(value) ? value : [value]) this.#offer(packet);
  }

  #offer(message: Json): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.test(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
    }
  }

  /** The next message that passes the test. The error at the deadline names `what` and all that came. */
  next(what: string, test: (message: Json) => boolean): Promise<Json> {
    const message = new Promise<Json>((resolve) => this.#waiters.add({ test, resolve }));
    return within(what, message, () => ({ received: this.received, closed: this.closed }));
  }

  nextEvent(event: string): Promise<Json> {
    return this.next(event, (packet) => packet?.event === event);
  }

  nextPing(): Promise<string> {
    return this.next('a ping', (packet) => packet?.$ping !== undefined).then((p) => p.$ping);
  }

  async opened(): Promise<void> {
    if (this.ws.readyState !== WebSocket.OPEN) await nextEvent(this.ws, 'open', () => this.closed);
  }

  async whenClosed(): Promise<{ code: number; reason: string }> {
    if (!this.closed) await this.next('the close', (packet) => packet?.$closed !== undefined);
    return this.closed!;
  }

  send(message: unknown): void {
    this.ws.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    );
  }

  transmit(event: string, data?: unknown): void {
    this.send({ event, data });
  }

  /** A call packet with the next id, without sending it. */
  call(event: string, data?: unknown): { event: string; data: unknown; cid: number } {
    return { event, data, cid: ++this.#lastCid };
  }

  response(cid: number): Promise<Json> {
    return this.next(`the response to ${cid}`, (packet) => packet?.rid === cid);
  }

  /** The whole response packet. */
  request(event: string, data?: unknown): Promise<Json> {
    const packet = this.call(event, data);
    const response = this.response(packet.cid);
    this.send(packet);
    return response;
  }

  async handshake(authToken: string | null = null): Promise<Json> {
    await this.opened();
    return this.request('#handshake', { authToken });
  }

  subscribe(channel: string, data?: unknown): Promise<Json> {
    return this.request('#subscribe', { channel, data });
  }

  /** Everything sent so far has been handled by the server, and everything it sent has arrived. */
  async settled(): Promise<void> {
    await this.request('#unsubscribe', null);
  }

  close(): void {
    this.ws.close(1000);
  }

  terminate(): void {
    this.ws.terminate();
  }
}
