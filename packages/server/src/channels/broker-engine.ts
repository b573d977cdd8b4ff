import type { Broker, BrokerStatusEvent } from '@asyngular/broker';
import { AsyncStreamEmitter } from '@asyngular/streams';
import type { Backlogs } from '../backlogs/backlogs.js';
import type { ChannelHub } from './channel-hub.js';
import type { AGExchange } from './exchange.js';

/** Events of `server.brokerEngine`. */
export interface BrokerEngineEvents {
  /** The broker has connected for the first time. */
  ready: Record<string, never>;
  /** Something failed in the background; the server's `warning` carries the same object. */
  error: { error: Error };
  /** The broker became usable, or stopped being so. */
  status: Pick<BrokerStatusEvent, 'from' | 'to' | 'reason' | 'error'>;
  /** The first subscriber of a channel came to this server: a socket or the exchange. */
  subscribe: { channel: string };
  /** The last subscriber of a channel left this server. */
  unsubscribe: { channel: string };
  /** A client of this server, or its exchange, published. */
  publish: { channel: string; data: any };
}

/**
 * Pub/sub of this server as a whole, to watch: which channels have subscribers here, what is published
 * here, how the broker is. Spec: docs/server.md, broker.
 */
export class AGBrokerEngine extends AsyncStreamEmitter<BrokerEngineEvents> {
  /** Whether the broker has been connected once; `broker.status` tells how it is now. */
  isReady = false;
  /** What carries publications between server processes. */
  readonly broker: Broker;
  readonly #hub: ChannelHub;
  readonly #exchange: AGExchange;

  /** @internal */
  constructor(broker: Broker, hub: ChannelHub, exchange: AGExchange, backlogs: Backlogs) {
    super(backlogs.guarded(backlogs.brokerEvents, 'the broker engine'));
    this.broker = broker;
    this.#hub = hub;
    this.#exchange = exchange;
  }

  /** The server's exchange. */
  exchange(): AGExchange {
    return this.#exchange;
  }

  /** Channels with a subscriber on this server. */
  subscriptions(): string[] {
    return this.#hub.channels();
  }

  /** Whether the channel has a subscriber on this server. */
  isSubscribed(channel: string): boolean {
    return this.#hub.hasSubscriber(channel);
  }
}
