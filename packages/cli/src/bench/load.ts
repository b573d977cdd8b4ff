import { monotonicMs, sleepUntil } from './clock.js';
import { dialects } from './dialects.js';
import { Latencies } from './latencies.js';
import { LoadClient, type LoadClientEvents } from './load-client.js';
import { MessageReader } from './message-reader.js';
import { type BenchPlan, channelName, channelsOf, mine, type Share } from './plan.js';
import { type ConnectReport, countOne, type FinalReport, type Tick } from './reports.js';
import { Traffic } from './traffic.js';

/** How often a process reports while it is measured, ms. */
export const TICK_MS = 250;

/** The load of one process: connects its share, sends when it is due, and leaves. */
export class Load {
  readonly #plan: BenchPlan;
  readonly #share: Share;
  readonly #traffic: Traffic;
  readonly #reader: MessageReader;
  readonly #clients = new Map<number, LoadClient>();
  readonly #publishers = new Map<number, LoadClient>();
  readonly #handshakes = new Latencies();
  readonly #failed: Record<string, number> = {};
  #lastAt = 0;
  #isLeft = false;
  #ticking: NodeJS.Timeout | undefined;

  constructor(plan: BenchPlan, share: Share) {
    this.#plan = plan;
    this.#share = share;
    this.#traffic = new Traffic(plan, share);
    this.#reader = new MessageReader(dialects[plan.dialect]);
  }

  /** Connects clients and publishers at the rate of the plan, from a time on; resolves when all have been tried. */
  async connect(startsAt: number, onProgress: (connected: number) => void): Promise<ConnectReport> {
    const { clients, publishers, connectRate } = this.#plan;
    const attempts: Promise<void>[] = [];
    this.#ticking = setInterval(() => onProgress(this.#connected), TICK_MS);
    // The first numbers are the publishers', the others those of clients.
    for (const number of mine(publishers + clients, this.#share)) {
      const due = startsAt + (number * 1_000) / connectRate;
      if (monotonicMs() < due) await sleepUntil(due);
      if (this.#isLeft) break;
      attempts.push(this.#connectOne(number, due));
    }
    await Promise.all(attempts);
    clearInterval(this.#ticking);
    return {
      connected: this.#connected,
      failed: this.#failed,
      handshakes: this.#handshakes.encode(),
      lastAt: this.#lastAt,
    };
  }

  get #connected(): number {
    return this.#clients.size + this.#publishers.size;
  }

  async #connectOne(number: number, due: number): Promise<void> {
    const { publishers } = this.#plan;
    const isPublisher = number < publishers;
    const client = number - publishers;
    const channels = isPublisher ? [] : channelsOf(client, this.#plan);
    const subscriber = this.#traffic.subscriber(channels);
    const events: LoadClientEvents = {
      publication: subscriber.onPublication,
      close: (code) => this.#traffic.onClose(code),
    };
    let opened: LoadClient | undefined;
    try {
      opened = await LoadClient.open(this.#plan, this.#reader, events);
      this.#handshakes.record(monotonicMs() - due);
      this.#lastAt = Math.max(this.#lastAt, monotonicMs());
      const names = channels.map((channel) => channelName(channel, this.#plan));
      await Promise.all(names.map((name) => opened?.subscribe(name, this.#plan.timeoutMs)));
      if (this.#isLeft) return opened.leave();
      subscriber.admit();
      if (isPublisher) this.#publishers.set(number, opened);
      else this.#clients.set(client, opened);
    } catch (error) {
      opened?.leave();
      countOne(this.#failed, (error as Error).message);
    }
  }

  /** Sends what is due; resolves after the last message, and goes on ticking until `finish()`. */
  async send(startsAt: number, onTick: (tick: Tick) => void): Promise<void> {
    this.#ticking = setInterval(() => onTick(this.#traffic.tick()), TICK_MS);
    await this.#traffic.send(startsAt, this.#clients, this.#publishers);
  }

  /** The last tick and the sums; then all connections are ended. */
  finish(): { tick: Tick; report: FinalReport } {
    const ended = { tick: this.#traffic.tick(), report: this.#traffic.finish(this.#clients) };
    this.leave();
    return ended;
  }

  /** Ends all connections, and what is under way. */
  leave(): void {
    this.#isLeft = true;
    this.#traffic.stop();
    clearInterval(this.#ticking);
    for (const client of [...this.#clients.values(), ...this.#publishers.values()]) client.leave();
  }
}
