import { failedCall } from '@asyngular/errors/internal';

/**
 * The promise itself. A caller that forgets it does no harm: its rejection, which is reported as an event
 * where nobody else would learn of it, does not end the process. Code that awaits it sees the error.
 */
export function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * The same for a call, whose error says where the call is awaited. V8 finds that place only while nothing else listens
 * to the promise, so that it is made harmless at the last moment.
 */
export function harmlessCall<T>(answer: Promise<T>): Promise<T> {
  const call = answer.catch((error: unknown) => {
    try {
      return failedCall(error);
    } finally {
      call.catch(() => {});
    }
  });
  return call;
}
