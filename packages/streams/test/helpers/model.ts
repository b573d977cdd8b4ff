/** What a call to `next()` came to. */
export type Outcome = string;

type Entry = { value: number; isEnd: boolean; isForAnother?: boolean };

interface ModelConsumer {
  id: number;
  name: string;
  timeoutMs: number | undefined;
  queue: Entry[];
  isRegistered: boolean;
  away: 'killed' | 'ended' | 'asleep' | undefined;
  isParked: boolean;
  kill: { value: number | undefined } | undefined;
  waiting: number[];
  deadline: number | undefined;
}

const packet = (value: number | undefined, isEnd: boolean): Outcome =>
  `${isEnd ? 'end' : 'value'} ${value}`;

/** The rules of the streams in their plainest form: arrays, no promises, no sharing. One demux. */
export class Model {
  now = 0;
  readonly consumers: ModelConsumer[] = [];
  /** By call number; absent while pending. */
  readonly outcomes = new Map<number, Outcome>();
  #calls = 0;
  // Lingering consumers in the order in which they ended.
  #lingering: ModelConsumer[] = [];
  #woken: ModelConsumer[] = [];

  create(name: string, timeoutMs: number | undefined, isImplicit: boolean): void {
    const parked = isImplicit
      ? this.#lingering.find((consumer) => consumer.isParked && consumer.name === name)
      : undefined;
    if (parked !== undefined) parked.isParked = false;
    this.consumers.push({
      id: this.consumers.length + 1,
      name,
      timeoutMs,
      queue: [...(parked?.queue ?? [])],
      isRegistered: true,
      away: undefined,
      isParked: false,
      kill: undefined,
      waiting: [],
      deadline: undefined,
    });
  }

  next(consumer: ModelConsumer): void {
    const call = this.#calls++;
    if (consumer.waiting.length === 0) {
      if (!consumer.isRegistered) {
        if (consumer.kill !== undefined) {
          this.outcomes.set(call, packet(consumer.kill.value, true));
          consumer.kill = undefined;
          this.#goAway(consumer, 'killed');
          return;
        }
        this.#register(consumer);
      }
      if (this.#hasNext(consumer)) {
        this.#take(consumer, call);
        return;
      }
      this.#startClock(consumer);
    }
    consumer.waiting.push(call);
  }

  write(name: string, value: number, isEnd: boolean): void {
    for (const consumer of this.consumers) {
      const collects = consumer.isRegistered || consumer.away !== undefined;
      if (consumer.name === name && collects) this.#push(consumer, { value, isEnd });
    }
  }

  writeTo(consumer: ModelConsumer, value: number, isEnd: boolean): void {
    if (!consumer.isRegistered) return;
    this.#push(consumer, { value, isEnd });
    for (const other of this.consumers) {
      const counts = other !== consumer && other.isRegistered && other.queue.length > 0;
      if (other.name === consumer.name && counts) {
        other.queue.push({ value, isEnd, isForAnother: true });
      }
    }
  }

  kill(name: string, value: number | undefined): void {
    for (const consumer of this.consumers) {
      if (consumer.name !== name) continue;
      if (consumer.away !== undefined) {
        consumer.queue = [];
        this.#goAway(consumer, 'killed');
      } else this.killOne(consumer, value);
    }
  }

  /** By id: reaches registered consumers only. */
  killOne(consumer: ModelConsumer, value: number | undefined): void {
    if (!consumer.isRegistered) return;
    consumer.queue = [];
    this.#goAway(consumer, 'killed');
    if (consumer.waiting.length === 0) consumer.kill = { value };
    for (const call of consumer.waiting.splice(0)) this.outcomes.set(call, packet(value, true));
  }

  return(consumer: ModelConsumer): void {
    this.#goAway(consumer, undefined);
    consumer.queue = [];
    consumer.kill = undefined;
    for (const call of consumer.waiting.splice(0)) this.outcomes.set(call, 'end undefined');
  }

  /** Microtasks come to rest. */
  settle(): void {
    for (const consumer of this.#woken.splice(0)) this.#serve(consumer);
  }

  /** The macrotask ends and `ms` pass. */
  advance(ms: number): void {
    this.settle();
    for (const consumer of this.#lingering.splice(0)) {
      if (consumer.away === 'killed') consumer.queue = [];
      consumer.away = undefined;
      consumer.isParked = false;
    }
    for (const end = this.now + ms; this.now <= end; this.now++) {
      for (const consumer of this.consumers)
        if (consumer.deadline === this.now) this.#elapse(consumer);
    }
    this.now--;
  }

  backpressure(consumer: ModelConsumer): number {
    return consumer.isRegistered ? consumer.queue.length : 0;
  }

  #push(consumer: ModelConsumer, entry: Entry): void {
    consumer.queue.push(entry);
    if (!consumer.isRegistered || consumer.waiting.length === 0) return;
    consumer.deadline = undefined;
    if (!this.#woken.includes(consumer)) this.#woken.push(consumer);
  }

  #serve(consumer: ModelConsumer): void {
    while (consumer.waiting.length > 0) {
      if (!consumer.isRegistered) this.#register(consumer);
      if (!this.#hasNext(consumer)) {
        this.#startClock(consumer);
        return;
      }
      this.#take(consumer, consumer.waiting.shift() as number);
    }
  }

  /** Passes packets for other consumers. */
  #hasNext(consumer: ModelConsumer): boolean {
    while (consumer.queue[0]?.isForAnother) consumer.queue.shift();
    return consumer.queue.length > 0;
  }

  #take(consumer: ModelConsumer, call: number): void {
    const { value, isEnd } = consumer.queue.shift() as Entry;
    this.outcomes.set(call, packet(value, isEnd));
    if (!isEnd) return;
    this.#goAway(consumer, 'ended');
    consumer.isParked = consumer.queue.length > 0;
  }

  #elapse(consumer: ModelConsumer): void {
    this.outcomes.set(consumer.waiting.shift() as number, 'TimeoutError');
    this.#goAway(consumer, 'asleep');
    this.#serve(consumer);
  }

  #startClock(consumer: ModelConsumer): void {
    if (consumer.timeoutMs !== undefined && consumer.deadline === undefined) {
      consumer.deadline = this.now + consumer.timeoutMs;
    }
  }

  #register(consumer: ModelConsumer): void {
    this.#goAway(consumer, undefined);
    consumer.isRegistered = true;
  }

  #goAway(consumer: ModelConsumer, away: ModelConsumer['away']): void {
    consumer.isRegistered = false;
    consumer.deadline = undefined;
    consumer.isParked = false;
    consumer.away = away;
    this.#lingering = this.#lingering.filter((lingering) => lingering !== consumer);
    if (away === 'killed' || away === 'ended') this.#lingering.push(consumer);
  }
}
