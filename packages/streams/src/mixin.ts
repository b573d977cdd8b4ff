type Constructor = abstract new (...args: never[]) => object;

/** Copies the prototype members of `sources` to `target`: a class made of several parts, without a chain of
 *  classes. Members the target has itself stay. A source must not use `#private` members of its own.
 *  Types come from an interface of the same name as the class. */
export function mixin(target: Constructor, ...sources: readonly Constructor[]): void {
  const members = [...sources, target].map(({ prototype }) =>
    Object.getOwnPropertyDescriptors(prototype),
  );
  Object.defineProperties(target.prototype, Object.assign({}, ...members));
}
