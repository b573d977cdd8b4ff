import type { Broker } from '@asyngular/broker';
import { FleetBroker, fleetDefaults } from '@asyngular/broker/transport';
import { checkOptions } from '@asyngular/errors/options';
import { NatsTransport } from './nats-transport.js';
import { type NatsBrokerOptions, natsLogOptionChecks, natsOptionChecks } from './options.js';

/**
 * Creates a broker on NATS core publish/subscribe, with the logs of channels on JetStream. Nothing is connected before the server starts it.
 * Throws `InvalidOptionsError` for impossible options.
 */
export function natsBroker(options: NatsBrokerOptions = {}): Broker {
  const {
    subjectPrefix = 'asyngular',
    connection,
    interestDelayMs = 100,
    maxQueuedMessages,
    maxQueuedBytes,
    timeoutMs = fleetDefaults.timeoutMs,
    heartbeatMs,
    probeTimeoutMs,
    connectTimeoutMs = fleetDefaults.connectTimeoutMs,
    closeTimeoutMs,
    log = {},
    ...connectionOptions
  } = checkOptions(natsOptionChecks, options, 'natsBroker()');
  const transport = new NatsTransport({
    prefix: subjectPrefix,
    connection,
    options: { timeout: connectTimeoutMs, ...connectionOptions },
    interestDelayMs,
    log: checkOptions(natsLogOptionChecks, log, 'the option log of natsBroker()'),
    timeoutMs,
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
