/** What a `RecencyList` holds: an object with room for its neighbours, which only the list touches. */
export interface Linked<Item> {
  older: Item | undefined;
  newer: Item | undefined;
}

/**
 * Items by their last use, the oldest first. Every step takes the same short time, however many there are; a `Map`
 * whose entries move to its end now and then copies itself, and does so while an iterator holds the old one. Each copy
 * is reachable from the one before: once V8 has moved one of them to its old generation, everything that the later ones
 * ever held stays in memory until the next full collection, and is copied by each of the small ones.
 */
export class RecencyList<Item extends Linked<Item>> {
  #oldest: Item | undefined;
  #newest: Item | undefined;
  /** The next one that `walk()` gives. */
  #next: Item | undefined;

  /** The item that was used longest ago. */
  get oldest(): Item | undefined {
    return this.#oldest;
  }

  /** Adds an item as the newest one. */
  add(item: Item): void {
    item.older = this.#newest;
    item.newer = undefined;
    if (this.#newest) this.#newest.newer = item;
    else this.#oldest = item;
    this.#newest = item;
  }

  /** Takes an item out. */
  remove(item: Item): void {
    const { older, newer } = item;
    if (this.#next === item) this.#next = newer;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    // What is old and gone must not hold what is young.
    item.older = undefined;
    item.newer = undefined;
  }

  /** An item was used: it becomes the newest one. */
  touch(item: Item): void {
    if (item === this.#newest) return;
    this.remove(item);
    this.add(item);
  }

  /** The item after the one that was given last, and after the newest one `undefined`; then it begins again. */
  walk(): Item | undefined {
    const item = this.#next;
    this.#next = item ? item.newer : this.#oldest;
    return item;
  }
}
