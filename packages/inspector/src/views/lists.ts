import type { ListRequest } from '../api/requests.js';
import type { Page } from '../api/snapshots.js';
import type { Clock } from '../clock.js';
import type { Pace } from '../pace.js';
import { ordered } from './ordered.js';

/** How long a list serves those who ask for the same one: several viewers cost as much as one. */
const FRESH_MS = 1_000;
/** A list that took long is kept so many times as long, so that lists take no more than this part of the event loop. */
const FRESH_FACTOR = 500;
/** And no longer than so long, in ms: the server may have been busy with something else. */
const MAX_FRESH_MS = 10_000;
/** How long further parts of a list can be had. */
const KEEP_MS = 15_000;
/** Lists that are kept at one time, the last ones. */
const MAX_LISTS = 16;

interface List<Item> {
  readonly name: string;
  readonly items: readonly Item[];
  readonly total: number;
  /** Until when it is new enough for everybody. */
  readonly freshUntil: number;
}

/** What lists are made of, and how. */
export interface ListSource<Item, Row, Order extends string> {
  /** All there are, in the order in which they came, and how many they are. */
  items(search: string): { readonly items: Iterable<Item>; readonly total: number };
  /** Whether an item fits the search; `undefined`: all do. */
  fitting(search: string): ((item: Item) => boolean) | undefined;
  /** What orders the list, the highest first. `undefined`: as they came. `'reverse'`: the last first. */
  ranking(order: Order): ((item: Item) => number) | 'reverse' | undefined;
  describe(item: Item): Row;
  /** Nobody has looked for a while. */
  forget(): void;
}

/** Ordered lists that are read part by part. An order is kept for a while, so that parts fit together. */
export class Lists<Item, Row, Order extends string> {
  readonly #source: ListSource<Item, Row, Order>;
  readonly #clock: Clock;
  readonly #prefix: string;
  /** By order and search; the list used last comes last. */
  readonly #lists = new Map<string, List<Item>>();
  /** Lists that are being made. */
  readonly #making = new Map<string, Promise<List<Item>>>();
  #cancelForgetting: (() => void) | undefined;
  #last = 0;

  /** `prefix`: what the names of lists begin with, so that no other server has the same. */
  constructor(source: ListSource<Item, Row, Order>, prefix: string, clock: Clock) {
    this.#source = source;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async page(request: ListRequest & { readonly order: Order }, pace: Pace): Promise<Page<Row>> {
    const { order, search, list: wanted, offset, limit } = request;
    const list = await this.#find(order, search, wanted, pace);
    return {
      list: list.name,
      offset,
      matching: list.items.length,
      total: list.total,
      rows: list.items.slice(offset, offset + limit).map((item) => this.#source.describe(item)),
    };
  }

  async #find(order: Order, search: string, wanted: string | undefined, pace: Pace) {
    const key = `${order} ${search}`;
    const known = this.#lists.get(key);
    const isFresh = known !== undefined && this.#clock.now() < known.freshUntil;
    if (known !== undefined && (isFresh || known.name === wanted)) return known;
    const making = this.#making.get(key);
    if (making !== undefined) {
      pace.stop();
      const list = await making;
      pace.resume();
      return list;
    }
    const made = this.#make(order, search, known, pace);
    this.#making.set(key, made);
    try {
      const list = await made;
      this.#keep(key, list);
      return list;
    } finally {
      this.#making.delete(key);
    }
  }

  async #make(order: Order, search: string, known: List<Item> | undefined, pace: Pace) {
    const { items, total } = this.#source.items(search);
    const ranking = this.#source.ranking(order);
    const rank = ranking === 'reverse' ? undefined : ranking;
    const fits = this.#source.fitting(search);
    const inOrder = await ordered(items, { fits, rank }, pace);
    const found = ranking === 'reverse' ? inOrder.toReversed() : inOrder;
    const isSame =
      known?.items.length === found.length && found.every((item, at) => item === known.items[at]);
    // The same list keeps its name, so that a page to which nothing is new gets nothing.
    const name = isSame ? known.name : `${this.#prefix}.${++this.#last}`;
    const freshMs = Math.min(Math.max(FRESH_MS, FRESH_FACTOR * pace.read()), MAX_FRESH_MS);
    return { name, items: found, total, freshUntil: this.#clock.now() + freshMs };
  }

  #keep(key: string, list: List<Item>): void {
    this.#lists.delete(key);
    this.#lists.set(key, list);
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= MAX_LISTS) break;
      this.#lists.delete(oldest);
    }
    this.#cancelForgetting?.();
    this.#cancelForgetting = this.#clock.after(KEEP_MS, () => {
      this.#lists.clear();
      this.#source.forget();
    });
  }
}
