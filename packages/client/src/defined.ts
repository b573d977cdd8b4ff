/** A type without the members that may be undefined, which are optional in it. */
type Defined<T> = { [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } & {
  [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};

/** The members that are not undefined, as a new object: what travels or is shown has no others. */
export function defined<T extends object>(members: T): Defined<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  // fromEntries defines own members, so that a member `__proto__` is an ordinary one.
  return Object.fromEntries(entries) as Defined<T>;
}
