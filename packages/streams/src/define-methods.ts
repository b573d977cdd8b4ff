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
    Object.defineProperty(prototype, name, {
      value(this: Owner, ...args: unknown[]) {
        return operation(subjectOf(this), ...args);
      },
      configurable: true,
      writable: true,
    });
  }
}
