import type { FakeTransport } from '@asyngular/test-utils/fake-network';
import type {
  Broker,
  BrokerCloseOptions,
  BrokerEvent,
  BrokerMessage,
  BrokerPayload,
  BrokerSink,
  BrokerStats,
  BrokerStatus,
  PublishOrigin,
} from '../../src/index.js';
import { FleetBroker } from '../../src/transport.js';

/**
 * A broker that keeps quiet about what it loses: a correct one whose interruptions are swallowed. The
 * conformance suite must find it out.
 */
export class LossyBroker implements Broker {
  readonly name = 'lossy';
  readonly #inner: FleetBroker;

  constructor(transport: FakeTransport, options: object) {
    this.#inner = new FleetBroker(transport, options);
  }

  get node(): string {
    return this.#inner.node;
  }

  get status(): BrokerStatus {
    return this.#inner.status;
  }

  start(sink: BrokerSink): Promise<void> {
    return this.#inner.start({
      onMessage: (channel: string, message: BrokerMessage) => sink.onMessage(channel, message),
      onEvent: (event: BrokerEvent) => {
        if (event.type !== 'interruption') sink.onEvent(event);
      },
    });
  }

  publish(channel: string, payload: BrokerPayload, origin?: PublishOrigin): Promise<void> {
    return this.#inner.publish(channel, payload, origin);
  }

  subscribe(channel: string): void | Promise<void> {
    return this.#inner.subscribe(channel);
  }

  unsubscribe(channel: string): void | Promise<void> {
    return this.#inner.unsubscribe(channel);
  }

  stats(): BrokerStats {
    return this.#inner.stats();
  }

  close(options?: BrokerCloseOptions): Promise<void> {
    return this.#inner.close(options);
  }
}
