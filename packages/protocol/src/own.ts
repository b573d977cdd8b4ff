/** A JSON object (or any object that is neither array nor null) whose members are unknown. */
export type UnknownRecord = Record<string, unknown>;

/** Whether the value is an object other than an array; says nothing about its prototype. */
export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value is its members, unlike an array, a date or a map. */
export function hasOnlyMembers(value: unknown): value is UnknownRecord {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** The member of that name if the object itself has it: inherited members never count. */
export function readOwn(record: object, key: string): unknown {
  return Object.hasOwn(record, key) ? (record as UnknownRecord)[key] : undefined;
}

/**
 * Sets an own member under any name. Assigning to `__proto__` would replace the prototype instead,
 * which is how peers pollute objects.
 */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (target as UnknownRecord)[key] = value;
  }
}

/** The members of an object; those of anything else are all `undefined`. */
export function membersOf(data: unknown): UnknownRecord {
  return isRecord(data) ? data : {};
}

/** Whether it is an integer from 0 on. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
