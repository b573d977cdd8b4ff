import type {
  Broker,
  BrokerEvent,
  BrokerInterruptionEvent,
  BrokerStatusEvent,
} from '@asyngular/broker';
import { BrokerError, protocolEvents } from '@asyngular/protocol';
import { INTERRUPTION_EXTENSION } from '@asyngular/protocol/internal';
import type { ServerCore } from '../server/server-core.js';
import { sessionOf } from '../socket/socket-streams.js';

/** Starts the server's broker and acts on what it says. Settles with the first connection. */
export function startBroker(core: ServerCore): void | Promise<void> {
  return core.broker.start({
    onMessage: (channel, message) => core.hub.receive(channel, message),
    onEvent: (event) => onBrokerEvent(core, event),
  });
}

function onBrokerEvent(core: ServerCore, event: BrokerEvent): void {
  if (event.type === 'warning') warn(core, event.error);
  else if (event.type === 'status') onStatus(core, event);
  else onInterruption(core, event);
}

function onStatus(core: ServerCore, { from, to, reason, error }: BrokerStatusEvent): void {
  core.brokerSince = Date.now();
  core.brokerEngine.emit('status', { from, to, reason, ...(error && { error }) });
  if (to !== 'connecting') core.publishFailures.sumUp();
  if (from !== 'connected' || to !== 'connecting') return;
  warn(
    core,
    new BrokerError(
      `The connection to the ${nameOf(core.broker)} is lost (${reason}); it is tried again until it is ` +
        'back, and publications for other servers wait a few seconds',
      error && { cause: error },
    ),
  );
}

function nameOf({ name, address }: Broker): string {
  return address === undefined ? `${name} broker` : `${name} broker at ${address}`;
}

function warn(core: ServerCore, error: Error): void {
  core.emitWarning(error);
  core.brokerEngine.emit('error', { error });
}

/** Tells everybody concerned that publications of other servers may be missing. */
function onInterruption(core: ServerCore, event: BrokerInterruptionEvent): void {
  const { channel, since, until, reason } = event;
  core.lastInterruption = { since, until, reason };
  core.exchange.interrupted(channel, { since, until, reason });
  const data = channel === undefined ? { since, until, reason } : { channel, since, until, reason };
  if (channel !== undefined) {
    for (const session of core.hub.sessionsOf(channel)) tell(session, data);
    return;
  }
  for (const socket of Object.values(core.server.clients)) {
    const session = sessionOf(socket);
    if (session.subscriptions?.size) tell(session, data);
  }
}

function tell(session: ReturnType<typeof sessionOf>, data: object): void {
  if (!session.extensions?.has(INTERRUPTION_EXTENSION) || !session.isOpen) return;
  session.outbound.send({ event: protocolEvents.interruption, data });
}
