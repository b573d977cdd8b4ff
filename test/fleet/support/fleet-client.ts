import { WebSocket } from 'ws';

/** Times between which the client may have missed publications; no channel = on all. */
export interface Gap {
  readonly channel: string | undefined;
  readonly since: number;
  readonly until: number;
}

export interface Publication {
  readonly publisher: number;
  readonly channel: string;
  readonly index: number;
  readonly calledAt: number;
  /** When the server said that the broker has it; undefined if it never did. */
  acceptedAt: number | undefined;
}

/** Publications of one connection of a publisher that arrived on one connection of a client. */
export interface Arrivals {
  readonly channel: string;
  readonly publisher: number;
  readonly indices: number[];
}

/** By how much two publications may overtake each other on their ways from two servers to a client. */
const TRANSIT_MARGIN_MS = 1_000;

/**
 * A client that speaks the protocol by hand, three hundred of them in one process: it subscribes, stays
 * connected to some server of the fleet, publishes when told to, and remembers what it got.
 */
export class FleetClient {
  readonly id: number;
  readonly channels: readonly string[];
  /**
   * What arrived, in order of arrival, for each channel and publisher and for each connection of either:
   * order and "at most once" hold for one connection of the publisher and one of the subscriber.
   */
  readonly received = new Map<string, Arrivals>();
  readonly gaps: Gap[] = [];
  publications: Publication[] = [];
  receivedCount = 0;
  /** Publishes that the server refused. */
  refused = 0;
  isSubscribed = false;
  readonly #urls: readonly string[];
  #server: number;
  #ws: WebSocket | undefined;
  #calls = new Map<number, (error: unknown) => void>();
  #lastCid = 0;
  #nextIndex = 0;
  /** Number of the current connection. */
  #connection = 0;
  /**
   * When the newest publication that arrived was made, or the client subscribed: what was accepted before has arrived,
   * up to the margin. When it arrived says less: a busy machine may bring it long after.
   */
  #heardUpTo = 0;
  #isClosed = false;
  #isMoving = false;

  constructor(id: number, urls: readonly string[], channels: readonly string[]) {
    this.id = id;
    this.#urls = urls;
    this.#server = id % urls.length;
    this.channels = channels;
  }

  get isOpen(): boolean {
    return this.#ws?.readyState === WebSocket.OPEN && this.isSubscribed;
  }

  connect(): void {
    this.#connection++;
    const ws = new WebSocket(this.#urls[this.#server]!);
    this.#ws = ws;
    ws.on('open', () => {
      this.#call('#handshake', { authToken: null, ext: { interruption: {} } }, () =>
        this.#subscribe(),
      );
    });
    ws.on('message', (data) => this.#onMessage(String(data)));
    ws.on('error', () => {});
    ws.on('close', () => this.#onClose());
  }

  /** Forgets what has been so far; it counts from now on. */
  reset(): void {
    this.received.clear();
    this.gaps.length = 0;
    this.publications = [];
    this.refused = 0;
  }

  /** Goes to the server that the client began on, if a fault has moved it. */
  goHome(): void {
    this.moveTo(this.#home);
  }

  /** Goes to the next server after the one it began on. */
  moveOn(): void {
    this.moveTo((this.#home + 1) % this.#urls.length);
  }

  moveTo(server: number): void {
    if (this.#server === server) return;
    this.#server = server;
    this.#isMoving = true;
    this.isSubscribed = false;
    this.#ws?.terminate();
  }

  get #home(): number {
    return this.id % this.#urls.length;
  }

  publish(channel: string): void {
    if (!this.isOpen) return;
    const calledAt = Date.now();
    const publication: Publication = {
      publisher: this.id,
      channel,
      index: this.#nextIndex++,
      calledAt,
      acceptedAt: undefined,
    };
    this.publications.push(publication);
    this.#call(
      '#publish',
      { channel, data: [this.id, publication.index, this.#connection, calledAt] },
      (error) => {
        if (error === undefined) publication.acceptedAt = Date.now();
        else this.refused++;
      },
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#ws?.terminate();
  }

  #subscribe(): void {
    let missing = this.channels.length;
    const since = this.#heardUpTo - TRANSIT_MARGIN_MS;
    for (const channel of this.channels) {
      this.#call('#subscribe', { channel }, (error) => {
        if (error !== undefined) throw new Error(`#subscribe failed: ${JSON.stringify(error)}`);
        // As every client of the library it knows that it was away: the channel left its state.
        this.gaps.push({ channel, since, until: Date.now() });
        this.isSubscribed = --missing === 0;
        this.#heardUpTo = Date.now();
      });
    }
  }

  #call(event: string, data: unknown, onAnswer: (error: unknown) => void): void {
    const cid = ++this.#lastCid;
    this.#calls.set(cid, onAnswer);
    this.#ws!.send(JSON.stringify({ event, data, cid }));
  }

  #onMessage(text: string): void {
    if (text === '') {
      this.#ws!.send('');
      return;
    }
    const packet = JSON.parse(text);
    if (packet.rid !== undefined) {
      this.#calls.get(packet.rid)?.(packet.error);
      this.#calls.delete(packet.rid);
    } else if (packet.event === '#publish') {
      const { channel, data } = packet.data;
      this.receivedCount++;
      const [publisher, index, connection, calledAt] = data;
      this.#heardUpTo = Math.max(this.#heardUpTo, calledAt);
      const key = `${channel} ${publisher} ${connection} ${this.#connection}`;
      const arrivals = this.received.get(key);
      if (arrivals) arrivals.indices.push(index);
      else this.received.set(key, { channel, publisher, indices: [index] });
    } else if (packet.event === '#interruption') {
      const { channel, since, until } = packet.data;
      this.gaps.push({ channel, since, until });
    }
  }

  #onClose(): void {
    this.isSubscribed = false;
    this.#calls.clear();
    if (this.#isClosed) return;
    // Tries one server after the other, as a load balancer would.
    if (!this.#isMoving) this.#server = (this.#server + 1) % this.#urls.length;
    this.#isMoving = false;
    setTimeout(() => this.connect(), 20 + Math.random() * 100);
  }
}
