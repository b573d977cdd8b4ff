import { type Broker, InvalidOptionsError } from '@asyngular/broker';
import { FleetBroker, fleetDefaults } from '@asyngular/broker/transport';
import { checkOptions } from '@asyngular/errors/options';
import { type LocalBrokerOptions, localBrokerChecks } from './options.js';
import { assertSocketPath, assertUnixSockets } from './socket-path.js';
import { LocalTransport } from './worker/local-transport.js';

/**
 * Creates the broker of a process that shares a machine with others: all of them connect to one `localHub()`. Nothing
 * is connected before the server starts it. Throws `InvalidOptionsError` for impossible options, and `BrokerError` on
 * Windows.
 */
export function localBroker(options: LocalBrokerOptions): Broker {
  const { path, ...fleetOptions } = checkOptions(localBrokerChecks, options, 'localBroker()');
  assertUnixSockets();
  if (path === undefined) {
    throw new InvalidOptionsError('localBroker() needs the option path, that of a localHub()');
  }
  assertSocketPath(path, 'localBroker()');
  const { connectTimeoutMs = fleetDefaults.connectTimeoutMs } = fleetOptions;
  return new FleetBroker(new LocalTransport(path, connectTimeoutMs), fleetOptions);
}
