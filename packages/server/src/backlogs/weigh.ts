/** About what an array, an object, a member and a text cost on the heap beyond their content. */
const ARRAY_BYTES = 40;
const OBJECT_BYTES = 56;
const MEMBER_BYTES = 16;
const TEXT_BYTES = 24;
/** An error's stack, which is as good as always of that order. */
const STACK_BYTES = 2_048;

/** Values looked at before the rest is left out, so that data which contains itself comes to an end. */
const MAX_VALUES = 1_000_000;

/**
 * About how many bytes of the heap `value` takes. What a client sends can grow to twenty times its size when
 * it is decoded: three characters of `[],[],[]` make an array. Costs about as much as to parse the value.
 */
export function weigh(value: unknown): number {
  const pending = [value];
  let bytes = 0;
  for (let seen = 0; pending.length > 0 && seen < MAX_VALUES; seen++) {
    const next = pending.pop();
    if (typeof next === 'string') bytes += TEXT_BYTES + next.length;
    else if (typeof next !== 'object' || next === null) bytes += MEMBER_BYTES;
    else bytes += weighObject(next, pending);
  }
  return bytes;
}

/** An object of the application may throw when it is read; then it counts as one without members. */
function weighObject(object: object, pending: unknown[]): number {
  try {
    return weighReadable(object, pending);
  } catch {
    return OBJECT_BYTES;
  }
}

/** An object without its members, which are added to those that are still to be weighed. */
function weighReadable(object: object, pending: unknown[]): number {
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) {
    return OBJECT_BYTES + object.byteLength;
  }
  if (Array.isArray(object) || object instanceof Set) {
    for (const element of object) pending.push(element);
    return ARRAY_BYTES;
  }
  if (object instanceof Map) {
    for (const [key, member] of object) pending.push(key, member);
    return OBJECT_BYTES + object.size * MEMBER_BYTES;
  }
  if (object instanceof Error) {
    // To look at its stack would cost more than the error itself.
    return OBJECT_BYTES + STACK_BYTES + String(object.message).length;
  }
  let bytes = OBJECT_BYTES;
  for (const name of Object.keys(object)) {
    bytes += MEMBER_BYTES + name.length;
    pending.push((object as Record<string, unknown>)[name]);
  }
  return bytes;
}
