import type { Broker } from '@asyngular/broker';
import { BrokerError } from '@asyngular/protocol';

/**
 * Reports publications that did not reach the broker. While it is away, which has been reported, they are
 * only counted: there can be thousands, each publisher has its own answer, and one number says it all.
 */
export class PublishFailures {
  readonly #broker: Broker;
  readonly #emitWarning: (warning: unknown) => void;
  #count = 0;

  constructor(broker: Broker, emitWarning: (warning: unknown) => void) {
    this.#broker = broker;
    this.#emitWarning = emitWarning;
  }

  report(error: unknown): void {
    if (this.#broker.status === 'connecting') this.#count++;
    else this.#emitWarning(error);
  }

  /** The broker is back, or closed: tells how many failed. */
  sumUp(): void {
    if (this.#count === 0) return;
    const message = `${this.#count} publications for other servers failed while the ${this.#broker.name} broker was away`;
    this.#count = 0;
    this.#emitWarning(new BrokerError(message));
  }
}
