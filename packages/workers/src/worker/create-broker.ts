import { type Broker, memoryBroker } from '@asyngular/broker';
import { localBroker } from '@asyngular/broker-local';
import { hubPath } from '../hub-path.js';

/** The broker that joins the servers of one path in all workers; of this worker alone where there are no hubs. */
export function createBroker(hubFolder: string | undefined, path: string): Broker {
  if (hubFolder === undefined) return memoryBroker();
  return localBroker({ path: hubPath(hubFolder, path) });
}
