import type {
  Broker,
  BrokerEvent,
  BrokerInterruptionEvent,
  BrokerMessage,
  BrokerStatus,
  BrokerStatusEvent,
  LiveEntry,
  LogPolicy,
} from '@asyngular/broker';
import { BrokerError } from '@asyngular/protocol';
import type { AGBrokerEngine } from './broker-engine.js';
import type { ChannelHub } from './channel-hub.js';
import type { AGExchange } from './exchange.js';
import type { PublishFailures } from './publish-failures.js';
import { isReservedName } from './reserved-names.js';

/** What follows the logs of channels; it finds by itself what live publications it has missed. */
export interface LogFollower {
  policyOf(channel: string): { readonly log: LogPolicy } | undefined;
  receive(channel: string, entry: LiveEntry): void;
  /** The connection is lost. */
  suspect(): void;
  /** Something may be missing, on one channel or all. */
  heal(channel?: string): void;
}

/** What hears the other servers themselves, on the channels that are reserved for it. */
export interface LaneFollower {
  receive(lane: string, message: BrokerMessage): void;
  onBrokerStatus(to: BrokerStatus): void;
  onInterruption(event: BrokerInterruptionEvent): void;
}

/** What the broker's events change on a server. */
export interface BrokerOwner {
  readonly broker: Broker;
  readonly hub: ChannelHub;
  readonly exchange: Pick<AGExchange, 'interrupted'>;
  readonly brokerEngine: AGBrokerEngine;
  /** When the broker's status changed last, in ms since the epoch. */
  brokerSince: number;
  /** The last time publications of other servers may have been missed. */
  lastInterruption: { since: number; until: number; reason: string } | undefined;
  readonly publishFailures: PublishFailures;
  /** Channels with a log, if there are any. */
  readonly recovery: LogFollower | undefined;
  readonly fleet: LaneFollower;
  emitWarning(warning: unknown): void;
}

/** Starts the server's broker and acts on what it says. Settles with the first connection. */
export function startBroker(core: BrokerOwner): void | Promise<void> {
  const { recovery, hub, fleet } = core;
  return core.broker.start({
    onMessage: (channel, message) =>
      (isReservedName(channel) ? fleet : hub).receive(channel, message),
    onEvent: (event) => onBrokerEvent(core, event),
    ...(recovery && {
      onEntry: (channel, entry) => recovery.receive(channel, entry),
      policyOf: (channel) => recovery.policyOf(channel)?.log,
    }),
  });
}

function onBrokerEvent(core: BrokerOwner, event: BrokerEvent): void {
  if (event.type === 'warning') warn(core, event.error);
  else if (event.type === 'status') onStatus(core, event);
  else onInterruption(core, event);
}

function onStatus(core: BrokerOwner, { from, to, reason, error }: BrokerStatusEvent): void {
  core.brokerSince = Date.now();
  core.brokerEngine.emit('status', { from, to, reason, ...(error && { error }) });
  if (to !== 'connecting') core.publishFailures.sumUp();
  if (to !== 'connected') core.hub.forgetKept();
  if (from === 'connected' && to === 'connecting') core.recovery?.suspect();
  if (to === 'connected') core.recovery?.heal();
  core.fleet.onBrokerStatus(to);
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

function warn(core: BrokerOwner, error: Error): void {
  core.emitWarning(error);
  core.brokerEngine.emit('error', { error });
}

/**
 * Tells everybody concerned that publications of other servers may be missing. On channels with a log nothing is: what
 * they lack is read.
 */
function onInterruption(core: BrokerOwner, event: BrokerInterruptionEvent): void {
  const { channel, since, until, reason } = event;
  core.fleet.onInterruption(event);
  if (channel !== undefined && isReservedName(channel)) return;
  core.recovery?.heal(channel);
  const isLossy = (name: string) => core.recovery?.policyOf(name) === undefined;
  if (channel !== undefined && !isLossy(channel)) return;
  core.lastInterruption = { since, until, reason };
  core.exchange.interrupted(channel, { since, until, reason });
  const data = channel === undefined ? { since, until, reason } : { channel, since, until, reason };
  const concerned =
    channel === undefined ? core.hub.allSubscribers(isLossy) : core.hub.subscribersOf(channel);
  for (const subscriber of concerned) subscriber.interrupted(data);
}
