type Constructor = abstract new (...args: never[]) => object;

/** Copies the prototype members of `sources` to `target`: a class made of several parts, without a chain of
 *  classes. Members the target has itself stay. A source must not use `#private` members of its own.
 *  Types come from an interface of the same name as the class. */
export function mixin(target: Constructor, ...sources: readonly Constructor[]): void {
  for (const source of sources) {
    for (const key of Reflect.ownKeys(source.prototype)) {
      if (key === 'constructor' || Object.hasOwn(target.prototype, key)) continue;
      const member = Object.getOwnPropertyDescriptor(source.prototype, key) as PropertyDescriptor;
      Object.defineProperty(target.prototype, key, member);
    }
  }
}
