import { InvalidOptionsError } from '@asyngular/protocol';
import { startBroker } from '../channels/broker-events.js';
import { harmless } from '../turns/harmless.js';
import type { ServerCore } from './server-core.js';
import { workerHost } from './worker-host.js';

/** Connects the broker, and announces what listeners of the turn that made the server are to hear. */
export function startServer(core: ServerCore): void {
  const { server, brokerEngine } = core;
  // It may fail in this turn already, when the server is closed at once.
  const started = harmless(Promise.resolve(startBroker(core)));
  // Listeners are set up in the turn in which the server is made.
  setImmediate(async () => {
    // Any of the workers may sign the first token, and one speaks for all.
    if (workerHost() !== undefined) core.randomKey?.announce();
    if (core.options.brokerEngine !== undefined) {
      core.emitWarning(
        new InvalidOptionsError(
          'The brokerEngine option has no effect here: publications stay in this process. Use the broker ' +
            'option, such as natsBroker() or redisBroker()',
        ),
      );
    }
    try {
      await started;
    } catch (error) {
      if (!core.isClosed) core.emitWarning(error);
      return;
    }
    if (core.isClosed) return;
    server.isReady = true;
    brokerEngine.isReady = true;
    server.emit('ready', {});
    brokerEngine.emit('ready', {});
  });
}
