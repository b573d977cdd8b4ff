/** A map for few entries: while it holds one it is two fields, where a `Map` has a table of 150 bytes.
 *  A server has several for each idle socket. Values are never `undefined`. */
export class SmallMap<K, V> {
  #key: K | undefined;
  #value: V | undefined;
  // Holds everything once there were two entries at a time.
  #map: Map<K, V> | undefined;

  get size(): number {
    if (this.#map !== undefined) return this.#map.size;
    return this.#value === undefined ? 0 : 1;
  }

  get(key: K): V | undefined {
    if (this.#map !== undefined) return this.#map.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    if (this.#map === undefined) {
      if (this.#value === undefined || this.#key === key) {
        this.#key = key;
        this.#value = value;
        return;
      }
      this.#map = new Map([[this.#key as K, this.#value]]);
      this.#key = undefined;
      this.#value = undefined;
    }
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    if (this.#map !== undefined) return this.#map.delete(key);
    if (this.#value === undefined || this.#key !== key) return false;
    this.#key = undefined;
    this.#value = undefined;
    return true;
  }

  /** In order of insertion. */
  values(): Iterable<V> {
    if (this.#map !== undefined) return this.#map.values();
    return this.#value === undefined ? [] : [this.#value];
  }
}
