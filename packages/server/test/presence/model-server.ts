import type { Broker } from '@asyngular/broker';
import type { ServerFleet } from '../../src/fleet/server-fleet.js';
import type { ReplicatedPresence } from '../../src/presence/replicated-presence.js';
import type { PresenceMode, PresenceSettings } from '../../src/presence/types.js';
import type { Clock } from '../../src/turns/clock.js';
import type { VirtualClock } from '../support/virtual-clock.js';
import type { ModelBroker, ModelNetwork } from './model-network.js';
import { ModelWatcher, type OnLeave } from './model-watcher.js';

/** The classes under test; some of them have a mistake in them. */
export interface Classes {
  readonly ServerFleet: typeof ServerFleet;
  readonly ReplicatedPresence: typeof ReplicatedPresence;
}

export const settings: PresenceSettings & { serverTimeoutMs: number } = {
  graceMs: 5_000,
  intervalMs: 100,
  repairMs: 10_000,
  // Small enough for a test to get there, and for states to take several pages.
  maxMembers: 4,
  maxStateBytes: 60_000,
  serverTimeoutMs: 4_500,
};

export function modeOf(channel: string): PresenceMode {
  return channel.startsWith('count') ? 'count' : 'members';
}

/** The time of a process that can be halted: what falls due meanwhile happens when it goes on. */
class ProcessClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #due: (() => void)[] = [];
  #state: 'running' | 'halted' | 'dead' = 'running';

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now = (): number => this.#clock.now();
  wallNow = (): number => this.#clock.wallNow();
  after = (ms: number, work: () => void): (() => void) => {
    let isCancelled = false;
    const attempt = (): void => {
      if (!isCancelled) work();
    };
    const cancel = this.#clock.after(ms, () => this.run(attempt));
    return () => {
      isCancelled = true;
      cancel();
    };
  };
  soon = (work: () => void): void => this.#clock.soon(() => this.run(work));

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  run(work: () => void): void {
    if (this.#state === 'running') work();
    else if (this.#state === 'halted') this.#due.push(work);
  }

  halt(): void {
    if (this.#state === 'running') this.#state = 'halted';
  }

  goOn(): void {
    if (this.#state === 'halted') this.#state = 'running';
    for (const work of this.#due.splice(0)) work();
  }

  kill(): void {
    this.#state = 'dead';
  }
}

/** A server with its part of the replicated state. */
export class ModelServer {
  readonly broker: ModelBroker;
  readonly fleet: ServerFleet;
  readonly presence: ReplicatedPresence;
  readonly watchers = new Map<string, ModelWatcher>();
  readonly #clock: ProcessClock;
  readonly #onLeave: OnLeave;

  constructor(
    classes: Classes,
    network: ModelNetwork,
    { node, repairMs, onLeave }: { node: string; repairMs: number; onLeave: OnLeave },
  ) {
    const broker = network.add(node);
    const clock = new ProcessClock(network.clock);
    this.broker = broker;
    this.#clock = clock;
    this.#onLeave = onLeave;
    const emitWarning = (warning: unknown): void => {
      throw warning;
    };
    const facts = () => ({ clients: 0, load: 0, version: '1', isDraining: false });
    const host = { broker: broker as unknown as Broker, facts, emitWarning };
    this.fleet = new classes.ServerFleet(
      host,
      { serverTimeoutMs: settings.serverTimeoutMs, lingerMs: 0 },
      clock,
    );
    this.presence = new classes.ReplicatedPresence(
      { fleet: this.fleet, settings: { ...settings, repairMs }, modeOf, emitWarning },
      clock,
    );
    broker.sink = {
      onMessage: (lane, message) => clock.run(() => this.fleet.receive(lane, message)),
    };
    this.fleet.onBrokerStatus('connected');
  }

  get isRunning(): boolean {
    return this.#clock.isRunning;
  }

  get isFrozen(): boolean {
    return this.broker.status !== 'connected';
  }

  /** One that watches already looks whether it could begin anew at any time. */
  watch(channel: string): void {
    const former = this.watchers.get(channel);
    if (former !== undefined) {
      if (former.hasBegun) former.check();
      return;
    }
    const watcher = new ModelWatcher(this.presence, channel, this.#clock.now(), this.#onLeave);
    this.watchers.set(channel, watcher);
  }

  unwatch(channel: string): void {
    this.watchers.get(channel)?.close();
    this.watchers.delete(channel);
  }

  cut(): void {
    if (this.broker.status !== 'connected') return;
    this.broker.status = 'connecting';
    this.#clock.run(() => this.fleet.onBrokerStatus('connecting'));
  }

  restore(): void {
    if (this.broker.status === 'connected') return;
    this.broker.status = 'connected';
    this.#clock.run(() => this.fleet.onBrokerStatus('connected'));
  }

  halt(): void {
    this.#clock.halt();
  }

  goOn(): void {
    this.#clock.goOn();
  }

  kill(): void {
    this.#clock.kill();
  }

  leave(): void {
    this.presence.close();
    this.fleet.close();
    this.#clock.kill();
  }
}
