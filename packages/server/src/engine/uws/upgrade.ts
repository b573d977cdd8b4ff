import type { IncomingMessage } from 'node:http';
import type { Connection, Upgrade } from '../engine.js';
import { answer } from './http.js';
import type { UwsResponse } from './module.js';

/** How an upgrade is completed. */
export interface UpgradeSteps {
  /** Throws what the application's own function throws. */
  chooseProtocol(): string;
  /** Answers the request. */
  complete(protocol: string): Connection;
}

/** An upgrade request of uWebSockets.js, whose response may be used until it is answered or aborted. */
export class UwsUpgrade implements Upgrade {
  readonly request: IncomingMessage;
  isGone = false;
  readonly #response: UwsResponse;
  readonly #steps: UpgradeSteps;

  constructor(request: IncomingMessage, response: UwsResponse, steps: UpgradeSteps) {
    this.request = request;
    this.#response = response;
    this.#steps = steps;
    response.onAborted(() => {
      this.isGone = true;
    });
  }

  accept(onConnection: (connection: Connection) => void, onRefused: () => void): void {
    const protocol = this.#steps.chooseProtocol();
    if (this.#leave()) onConnection(this.#steps.complete(protocol));
    else onRefused();
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
