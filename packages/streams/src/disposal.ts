import { defineMember } from './define-methods.js';

// Compilers and bundlers that translate `using` look for these where the platform lacks the symbols.
const dispose: symbol = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const asyncDispose: symbol = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** The type of `Symbol[Name]`; `never` where the compiler's libraries do not declare that symbol. */
type KeyOf<Name extends string> = Extract<
  SymbolConstructor[Name & keyof SymbolConstructor],
  symbol
>;

type SyncDisposal = { [Key in KeyOf<'dispose'>]: () => void };
type AsyncKey = { [Key in KeyOf<'asyncDispose'>]: () => Promise<void> };

/** Fits `await using`, under the same conditions as `Disposal`. */
export interface AsyncDisposal extends AsyncKey {}

/** Fits `using` and `await using` where the compiler's libraries know the symbols (TypeScript 5.2 with
 *  `ESNext.Disposable`, or the types of Node). Elsewhere it declares nothing, so that older compilers and
 *  pages without those libraries accept our declarations. */
export interface Disposal extends SyncDisposal, AsyncDisposal {}

/** Lets `return()` end the `using` and `await using` of objects with that prototype. */
export function defineDisposal(prototype: { return(): unknown }): void {
  defineMember(prototype, dispose, function (this: typeof prototype) {
    this.return();
  });
  defineAsyncDisposal(prototype, (object) => object.return());
}

/** Lets `end` end the `await using` of objects with that prototype. */
export function defineAsyncDisposal<T extends object>(
  prototype: T,
  end: (object: T) => unknown,
): void {
  defineMember(prototype, asyncDispose, async function (this: T) {
    await end(this);
  });
}
