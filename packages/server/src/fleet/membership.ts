import type { Clock } from '../turns/clock.js';
import type { FleetListener, FleetMembership, FleetServer } from './types.js';

/** Sends a heartbeat, to one server or to all. */
export type SendBeat = (isHello: boolean, to?: string) => void;

/** Heartbeats of which the last one may be heard late without consequences. */
const BEATS_PER_TIMEOUT = 3;
/** How often silence is looked for, in heartbeats. */
const TICKS_PER_BEAT = 3;
/** How long a message of a server that has said goodbye may still be under way. */
const FORGET_MS = 60_000;
/** Servers that are known at once; further ones are not heard. */
const MAX_SERVERS = 1_024;

/**
 * Which other servers are alive: those that were heard within the timeout. Nobody's clock is compared, and nobody is
 * given up while this server itself cannot hear (its broker is away) or could not (its process was halted).
 */
export class Membership implements FleetMembership {
  readonly id: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #sendBeat: SendBeat;
  readonly #servers = new Map<string, FleetServer>();
  readonly #heardAt = new Map<string, number>();
  /** Servers that said goodbye, by when. A late message must not bring them back. */
  readonly #gone = new Map<string, number>();
  /** Strangers that were asked who they are, since the last heartbeat. */
  readonly #asked = new Set<string>();
  readonly #listeners = new Set<FleetListener>();
  #isFrozen = true;
  #isSettled = false;
  #tickedAt = 0;
  #ticks = 0;
  #cancelTick: (() => void) | undefined;
  #cancelSettling: (() => void) | undefined;

  constructor(id: string, timeoutMs: number, clock: Clock, sendBeat: SendBeat) {
    this.id = id;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#sendBeat = sendBeat;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get servers(): ReadonlyMap<string, FleetServer> {
    return this.#servers;
  }

  listen(listener: FleetListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The own broker is connected, for the first time or again. */
  thaw(): void {
    this.#isFrozen = false;
    this.#tickedAt = this.#clock.now();
    this.#startOver();
    if (this.#cancelTick === undefined) this.#scheduleTick();
  }

  /** The own broker reaches nobody, and never will. */
  beAlone(): void {
    this.#isFrozen = false;
    this.#isSettled = true;
    this.#tell((listener) => listener.onSettled?.());
  }

  /** The own broker is away. */
  freeze(): void {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.#isSettled = false;
    this.#cancelSettling?.();
    this.#tell((listener) => listener.onFreeze?.());
  }

  /** Nothing more is sent or heard. */
  close(): void {
    this.#isFrozen = true;
    this.#cancelSettling?.();
    this.#cancelTick?.();
    this.#listeners.clear();
  }

  /** Something of another server came. False if it counts for nothing, since this one does not know who that is. */
  hear(id: string): boolean {
    if (this.#servers.has(id)) {
      this.#heardAt.set(id, this.#clock.now());
      return true;
    }
    if (this.#isFrozen || this.#isFull || this.#gone.has(id) || this.#asked.has(id)) return false;
    if (this.#asked.size >= MAX_SERVERS) return false;
    this.#asked.add(id);
    this.#sendBeat(true, id);
    return false;
  }

  /** `isDirect`: it was sent to this server alone, by one that knows it or wants to. */
  hearBeat(
    id: string,
    server: Omit<FleetServer, 'id'>,
    { isHello, isDirect }: { isHello: boolean; isDirect: boolean },
  ): void {
    if (this.#gone.has(id)) return;
    const isNew = !this.#servers.has(id);
    if (isNew && this.#isFull) return;
    const known = { id, ...server };
    this.#servers.set(id, known);
    this.#heardAt.set(id, this.#clock.now());
    if (isNew) {
      this.#tell((listener) => listener.onStart?.(known));
      // Whatever it told everybody before is unknown here, unless it is about to introduce itself.
      this.#sendBeat(!(isHello && isDirect), id);
    } else if (isHello) {
      this.#sendBeat(false, id);
      this.#tell((listener) => listener.onHello?.(id));
    }
  }

  hearGoodbye(id: string): void {
    if (!this.#forget(id)) return;
    if (this.#gone.size < MAX_SERVERS) this.#gone.set(id, this.#clock.now());
    this.#tell((listener) => listener.onGoodbye?.(id));
  }

  /** Messages of a server, or of all, were lost on the way; `lane` is one of a topic, which they were on. */
  lose(id: string | undefined, lane: string | undefined): void {
    for (const known of id === undefined ? [...this.#servers.keys()] : [id]) {
      if (!this.#servers.has(known)) continue;
      if (lane === undefined) this.#sendBeat(true, known);
      this.#tell((listener) => listener.onLoss?.(known, lane));
    }
  }

  get #isFull(): boolean {
    return this.#servers.size >= MAX_SERVERS;
  }

  get #tickMs(): number {
    return this.#timeoutMs / BEATS_PER_TIMEOUT / TICKS_PER_BEAT;
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.after(this.#tickMs, () => {
      this.#scheduleTick();
      if (!this.#isFrozen) this.#tick();
    });
  }

  #tick(): void {
    const now = this.#clock.now();
    const sinceLastMs = now - this.#tickedAt;
    this.#tickedAt = now;
    // This process was halted. What the others said meanwhile is perhaps still unread.
    if (sinceLastMs > this.#tickMs + this.#timeoutMs / 2) {
      this.#startOver();
      return;
    }
    for (const [id, heardAt] of [...this.#heardAt]) {
      const silentMs = now - heardAt;
      if (silentMs < this.#timeoutMs || !this.#forget(id)) continue;
      this.#tell((listener) => listener.onSilent?.(id, silentMs));
    }
    if (++this.#ticks % TICKS_PER_BEAT > 0) return;
    this.#sendBeat(false);
    this.#asked.clear();
    for (const [id, goneAt] of this.#gone) if (now - goneAt > FORGET_MS) this.#gone.delete(id);
  }

  /** Everybody gets the full timeout, and is asked for what was missed. */
  #startOver(): void {
    const now = this.#clock.now();
    for (const id of this.#heardAt.keys()) this.#heardAt.set(id, now);
    this.#isSettled = false;
    this.#cancelSettling?.();
    // By then everybody has sent a heartbeat, whatever became of the answers to this one.
    this.#cancelSettling = this.#clock.after(this.#timeoutMs / 2, () => {
      this.#isSettled = true;
      this.#tell((listener) => listener.onSettled?.());
    });
    this.#sendBeat(true);
    this.#tell((listener) => listener.onThaw?.());
  }

  #forget(id: string): boolean {
    this.#heardAt.delete(id);
    return this.#servers.delete(id);
  }

  #tell(what: (listener: FleetListener) => void): void {
    for (const listener of [...this.#listeners]) what(listener);
  }
}
