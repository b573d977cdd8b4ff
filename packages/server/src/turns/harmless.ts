/**
 * The promise itself. A caller that forgets it does no harm: its rejection, which is reported as an event
 * where nobody else would learn of it, does not end the process. Code that awaits it sees the error.
 */
export function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
