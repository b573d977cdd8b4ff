import type { IncomingMessage } from 'node:http';
import type { Connection, Upgrade } from '../engine.js';
import { answer } from './http.js';
import type { UwsResponse } from './module.js';

/** Makes a WebSocket of an upgrade and hands its connection over, at once. */
export type CompleteUpgrade = (onConnection: (connection: Connection) => void) => void;

/** An upgrade request of uWebSockets.js, whose response may be used until it is answered or aborted. */
export class UwsUpgrade implements Upgrade {
  readonly request: IncomingMessage;
  isGone = false;
  readonly #response: UwsResponse;
  readonly #complete: CompleteUpgrade;

  constructor(request: IncomingMessage, response: UwsResponse, complete: CompleteUpgrade) {
    this.request = request;
    this.#response = response;
    this.#complete = complete;
    response.onAborted(() => {
      this.isGone = true;
    });
  }

  accept(onConnection: (connection: Connection) => void, onRefused: () => void): void {
    let isConnected = false;
    const connect = (connection: Connection) => {
      isConnected = true;
      onConnection(connection);
    };
    if (this.#leave()) this.#response.cork(() => this.#complete(connect));
    if (!isConnected) onRefused();
  }

  refuse(status: number, body: string): void {
    const headers = { 'Content-Type': 'text/html' };
    if (this.#leave()) answer(this.#response, { status, headers, body });
  }

  drop(): void {
    if (this.#leave()) this.#response.close();
  }

  /** The response is used once; whether it still can be. */
  #leave(): boolean {
    if (this.isGone) return false;
    this.isGone = true;
    return true;
  }
}
