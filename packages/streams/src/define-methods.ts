/** For each method of `Methods` the function behind it: what the method is about, then its arguments. */
export type Operations<Methods, Subject> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...args: infer Args) => infer Result
    ? (subject: Subject, ...args: Args) => Result
    : never;
};

/** Gives a class the methods of a table. They are as those of a class body: found on the prototype, not
 *  enumerable, and open to be overridden. An interface that is merged with the class declares and documents
 *  them. */
export function defineMethods<Owner extends object, Subject>(
  prototype: Owner,
  subjectOf: (owner: Owner) => Subject,
  // The tables are checked where they are written; here their arguments are passed through.
  operations: Readonly<Record<string, (subject: Subject, ...args: any[]) => unknown>>,
): void {
  for (const [name, operation] of Object.entries(operations)) {
    defineMethod(prototype, name, function (...args) {
      return operation(subjectOf(this), ...args);
    });
  }
}

/** Gives a class one method, with the attributes that it would have in a class body. */
export function defineMethod<Owner extends object>(
  prototype: Owner,
  name: string | symbol,
  value: (this: Owner, ...args: unknown[]) => unknown,
): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}
