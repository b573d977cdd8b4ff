import { type Broker, InvalidOptionsError } from '@asyngular/broker';
import { FleetBroker, fleetDefaults } from '@asyngular/broker/transport';
import { NatsTransport } from './nats-transport.js';
import type { NatsBrokerOptions } from './options.js';

const PREFIX = /^[\w$-]+(\.[\w$-]+)*$/;

/**
 * Creates a broker on NATS core publish/subscribe. Nothing is connected before the server starts it.
 * Throws `InvalidOptionsError` for impossible options.
 */
export function natsBroker(options: NatsBrokerOptions = {}): Broker {
  const {
    subjectPrefix = 'asyngular',
    connection,
    interestDelayMs = 100,
    maxQueuedMessages,
    maxQueuedBytes,
    timeoutMs,
    heartbeatMs,
    probeTimeoutMs,
    connectTimeoutMs = fleetDefaults.connectTimeoutMs,
    closeTimeoutMs,
    ...connectionOptions
  } = options;
  if (!PREFIX.test(subjectPrefix)) {
    throw new InvalidOptionsError(
      `Option subjectPrefix is ${JSON.stringify(subjectPrefix)}; use letters, digits, "-", "_" and "$", with dots between tokens`,
    );
  }
  if (!(interestDelayMs >= 0 && interestDelayMs <= 60_000)) {
    throw new InvalidOptionsError(
      `Option interestDelayMs is ${interestDelayMs}; it must be 0 to 60,000 ms`,
    );
  }
  if (connection?.isClosed()) {
    throw new InvalidOptionsError('Option connection is a closed connection; hand in an open one');
  }
  const transport = new NatsTransport({
    prefix: subjectPrefix,
    connection,
    options: { timeout: connectTimeoutMs, ...connectionOptions },
    interestDelayMs,
  });
  return new FleetBroker(transport, {
    maxQueuedMessages,
    maxQueuedBytes,
    timeoutMs,
    heartbeatMs,
    probeTimeoutMs,
    connectTimeoutMs,
    closeTimeoutMs,
  });
}
