type Constructor = abstract new (...args: never[]) => object;

/** Copies the prototype members of `source` to `target`: a class made of several parts, without a chain of
 *  classes. Members the target has itself stay. A source must not use `#private` members of its own.
 *  Types come from an interface of the same name as the class. */
export function mixin(target: Constructor, source: Constructor): void {
  Object.defineProperties(target.prototype, {
    ...Object.getOwnPropertyDescriptors(source.prototype),
    ...Object.getOwnPropertyDescriptors(target.prototype),
  });
}
