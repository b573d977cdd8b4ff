import {
  type BrokerTransport,
  ConnectionLostError,
  type Lane,
  type LogTransport,
  type StoredEntry,
  type TransportEvents,
} from '@asyngular/broker/transport';

/** A service in memory that can lose connections and messages, for tests of the broker above it. */
export class FakeNetwork {
  readonly transports: FakeTransport[] = [];

  create(log?: LogTransport): FakeTransport {
    const transport = new FakeTransport(this, log);
    this.transports.push(transport);
    return transport;
  }

  deliver(from: FakeTransport, lane: Lane, data: Uint8Array): void {
    for (const transport of this.transports) {
      if (transport !== from) transport.take(lane, data);
    }
  }
}

export class FakeTransport implements BrokerTransport {
  readonly name = 'fake';
  readonly address = 'fake://network';
  /** Set before the broker is started: heartbeats must come back. */
  echoes = false;
  readonly log: LogTransport | undefined;
  readonly #network: FakeNetwork;
  readonly #lanes = new Set<Lane>();
  #events: TransportEvents | undefined;
  #isCut = false;
  #isOpen = false;
  /** Messages on their way to this node that will vanish. */
  toDrop = 0;
  /** Messages on their way to this node that will arrive twice. */
  toRepeat = 0;
  /** Set: sends and subscribes are refused with it. */
  refusal: Error | undefined;
  /** False: the service accepts nothing and answers nothing, though connected. */
  isResponsive = true;
  closes = true;
  /** True: what this node sends does not come back, though the service answers. */
  isDeaf = false;
  resets = 0;
  /** Sends of this node that the service accepted. */
  sent = 0;

  constructor(network: FakeNetwork, log?: LogTransport) {
    this.#network = network;
    this.log = log;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#isOpen = true;
    if (!this.#isCut) queueMicrotask(() => this.#connect());
  }

  send(lane: Lane, data: Uint8Array): Promise<void> {
    if (this.refusal) return Promise.reject(this.refusal);
    return this.#answer(() => {
      this.sent++;
      this.#network.deliver(this, lane, data);
      if (this.echoes && !this.isDeaf) this.take(lane, data);
    });
  }

  subscribe(lanes: readonly Lane[]): Promise<void> {
    if (this.refusal) return Promise.reject(this.refusal);
    return this.#answer(() => {
      for (const lane of lanes) this.#lanes.add(lane);
    });
  }

  unsubscribe(lane: Lane): Promise<void> {
    this.#lanes.delete(lane);
    return this.#answer(() => {});
  }

  probe(): Promise<void> {
    return this.#answer(() => {});
  }

  reset(reason: string): void {
    this.resets++;
    this.cut(reason);
    this.restore();
  }

  /** Never done while `closes` is false, as of a transport that does not keep its promise. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#lanes.clear();
    if (!this.closes) await new Promise(() => {});
  }

  cut(reason = 'the network was cut'): void {
    this.#isCut = true;
    this.#lanes.clear();
    this.#events?.onDisconnected(reason, true);
  }

  /** An attempt to connect fails. */
  failAttempt(error: Error): void {
    this.#events?.onAttemptFailed(error);
  }

  restore(): void {
    this.#isCut = false;
    queueMicrotask(() => this.#connect());
  }

  take(lane: Lane, data: Uint8Array): void {
    if (this.#isCut || !this.#isOpen || !this.#lanes.has(lane)) return;
    if (this.toDrop > 0) {
      this.toDrop--;
      return;
    }
    this.#events?.onMessage(lane, data);
    if (this.toRepeat > 0) {
      this.toRepeat--;
      this.#events?.onMessage(lane, data);
    }
  }

  /** A live entry comes from the service. */
  takeEntry(channel: string, entry: StoredEntry): void {
    this.#events?.onEntry(channel, entry);
  }

  #connect(): void {
    if (!this.#isCut && this.#isOpen) this.#events?.onConnected();
  }

  /** The service acts on a call, and answers, a little later, unless the connection goes away. */
  #answer(act: () => void): Promise<void> {
    if (this.#isCut) return Promise.reject(new ConnectionLostError('cut'));
    if (!this.isResponsive) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      queueMicrotask(() => {
        if (this.#isCut || !this.#isOpen) {
          reject(new ConnectionLostError('cut'));
          return;
        }
        act();
        resolve();
      });
    });
  }
}
