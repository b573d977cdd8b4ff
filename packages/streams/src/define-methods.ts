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
    defineMember(prototype, name, function (this: Owner, ...args: unknown[]) {
      return operation(subjectOf(this), ...args);
    });
  }
}

/** Gives a class one member, with the attributes that a method would have in a class body. */
export function defineMember(prototype: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}
