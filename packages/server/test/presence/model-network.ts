import type { Broker, BrokerSink, BrokerStatus } from '@asyngular/broker';
import type { VirtualClock } from '../support/virtual-clock.js';

/** What happens to messages on the way. Chances are in percent. */
export interface Noise {
  readonly maxDelayMs: number;
  readonly lost: number;
  readonly repeated: number;
}

/** Numbers that look like chance, the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number below `count`. */
  next(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }
}

/** A message service with faults. In order for each sender, receiver and channel, except for what it repeats. */
export class ModelNetwork {
  readonly clock: VirtualClock;
  readonly #dice: Dice;
  readonly #nodes = new Map<string, ModelBroker>();
  /** When the last message of a sender on a channel arrives at a receiver. */
  readonly #arrivals = new Map<string, number>();
  noise: Noise;

  constructor(clock: VirtualClock, dice: Dice, noise: Noise) {
    this.clock = clock;
    this.#dice = dice;
    this.noise = noise;
  }

  add(node: string): ModelBroker {
    const broker = new ModelBroker(node, this);
    this.#nodes.set(node, broker);
    return broker;
  }

  remove(node: string): void {
    this.#nodes.delete(node);
  }

  send(from: ModelBroker, channel: string, payload: string): void {
    for (const to of this.#nodes.values()) {
      if (to === from || !to.hears(channel) || from.isMute || to.isMute) continue;
      if (this.#dice.next(100) < this.noise.lost) continue;
      this.#deliver(from, to, channel, payload);
    }
  }

  #deliver(from: ModelBroker, to: ModelBroker, channel: string, payload: string): void {
    const way = `${from.node} ${to.node} ${channel}`;
    const arrival = Math.max(
      this.clock.now() + 1 + this.#dice.next(this.noise.maxDelayMs),
      this.#arrivals.get(way) ?? 0,
    );
    this.#arrivals.set(way, arrival);
    const arrive = (): void => to.receive(channel, payload, from.node);
    this.clock.after(arrival - this.clock.now(), arrive);
    if (this.#dice.next(100) < this.noise.repeated) {
      const repeat = (): void => {
        // When the noise is over, so are its echoes.
        if (this.noise.repeated > 0) arrive();
      };
      this.clock.after(arrival - this.clock.now() + this.#dice.next(5_000), repeat);
    }
  }
}

/** One server's connection to it. */
export class ModelBroker implements Pick<Broker, 'node' | 'publish' | 'subscribe' | 'unsubscribe'> {
  readonly node: string;
  status: BrokerStatus = 'connected';
  /** Nothing gets out or in, and nobody notices. */
  isMute = false;
  readonly #network: ModelNetwork;
  readonly #channels = new Set<string>();
  sink: Pick<BrokerSink, 'onMessage'> | undefined;

  constructor(node: string, network: ModelNetwork) {
    this.node = node;
    this.#network = network;
  }

  publish(channel: string, payload: string | Uint8Array): void {
    if (this.status === 'connected') this.#network.send(this, channel, String(payload));
  }

  subscribe(channel: string): void {
    this.#channels.add(channel);
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
  }

  hears(channel: string): boolean {
    return this.status === 'connected' && this.#channels.has(channel);
  }

  receive(channel: string, payload: string, node: string): void {
    // What was under way when the connection was lost, or the channel was given back, does not arrive.
    if (this.hears(channel)) this.sink?.onMessage(channel, { payload, node, sequence: 0 });
  }
}
