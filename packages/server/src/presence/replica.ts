import type { ChannelContent, DeltaMessage, StateMessage } from './messages.js';
import type { PresenceRecord } from './record.js';
import { readRecord } from './wire-record.js';

/** Keys whose record is another one now, or none. */
export interface Applied {
  readonly touched: Iterable<string>;
  /** Those of them that went to another server, by that server. */
  readonly moved: ReadonlyMap<string, string>;
}

const noMoves: ReadonlyMap<string, string> = new Map();

/** What this server knows of another one's members in a channel. */
export class Replica {
  readonly server: string;
  readonly channel: string;
  readonly records = new Map<string, PresenceRecord>();
  /** How many there are, if that is all the other server says. */
  count: number | undefined;
  /** The owner's version that this is; `undefined` as long as nothing is known. */
  #version: number | undefined;
  /** Whatever the owner said up to this version of any of its channels is in here, or was replaced since. */
  #asOf = -1;
  /** The latest change that could not be taken over, because something before it was missing. */
  #missed = 0;
  /** Pages of a state that is not complete. */
  #pages: StateMessage[] = [];
  /** When it was asked for; `undefined` once there is an answer. */
  askedAt: number | undefined;
  /** How often, since the last answer. */
  asked = 0;
  /** It was answered since this server began, or began again, to hear the channel. */
  isAnswered = false;

  constructor(server: string, channel: string) {
    this.server = server;
    this.channel = channel;
  }

  get size(): number {
    return this.count ?? this.records.size;
  }

  /** Whether the last answer was older than a change that could not be taken over. */
  get isBehind(): boolean {
    return this.#missed > this.#asOf;
  }

  /** Whether the owner's digest, of its version `asOf`, says something else than is known here. `version` 0: nobody. */
  differs(version: number, asOf: number): boolean {
    if (this.#version === undefined) return true;
    if (this.#asOf > asOf) return false;
    return version === 0 ? this.size > 0 : this.#version !== version;
  }

  /** Takes over a change; `'hole'` if something between is missing, `'old'` if it is known already. */
  applyDelta({ from, to, content, gone }: DeltaMessage): Applied | 'hole' | 'old' {
    if (to <= this.#asOf) return 'old';
    if (from > 0 && from !== this.#version) {
      this.#missed = Math.max(this.#missed, to);
      return 'hole';
    }
    this.#version = to;
    this.#asOf = to;
    if (from === 0 || content.count !== null) return this.#replace(content);
    const touched = [...gone];
    for (const key of gone) this.records.delete(key);
    for (const [key] of content.moved) {
      this.records.delete(key);
      touched.push(key);
    }
    for (const wire of content.set) {
      const record = readRecord(wire);
      this.records.set(record.key, record);
      touched.push(record.key);
    }
    return { touched, moved: new Map(content.moved) };
  }

  /** Takes over a state; `undefined` if more of its pages have to come, or it is older than what is known. */
  applyState(message: StateMessage): Applied | undefined {
    if (
      message.page !== this.#pages.length ||
      message.asOf !== (this.#pages[0]?.asOf ?? message.asOf)
    ) {
      this.#pages = [];
      if (message.page > 0) return undefined;
    }
    this.#pages.push(message);
    if (this.#pages.length < message.of) return undefined;
    const pages = this.#pages;
    this.#pages = [];
    const { version, asOf } = message;
    return this.#answer(version, asOf, {
      set: pages.flatMap(({ content }) => content.set),
      moved: pages.flatMap(({ content }) => content.moved),
      count: message.content.count,
    });
  }

  /** The owner has nobody in the channel. */
  applyNone(asOf: number): Applied | undefined {
    return this.#answer(0, asOf, { set: [], moved: [], count: null });
  }

  #answer(version: number, asOf: number, content: ChannelContent): Applied | undefined {
    this.askedAt = undefined;
    this.asked = 0;
    this.isAnswered = true;
    if (asOf < this.#asOf) return undefined;
    this.#version = version;
    this.#asOf = asOf;
    return this.#replace(content);
  }

  #replace({ set, moved, count }: ChannelContent): Applied {
    const touched = new Set(this.records.keys());
    this.records.clear();
    this.count = count ?? undefined;
    for (const wire of set) {
      const record = readRecord(wire);
      this.records.set(record.key, record);
      touched.add(record.key);
    }
    return { touched, moved: moved.length === 0 ? noMoves : new Map(moved) };
  }
}
