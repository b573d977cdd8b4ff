import type { Consumer } from './consumer.js';

// Beside the streams, because hardly any of them has parked consumers at a given moment.
const parkedOn = new WeakMap<object, Set<Consumer>>();

/** Lets the next loop over `stream` read on where `consumer` stopped, in front of packets behind an end. */
export function park<T>(stream: object, consumer: Consumer<T>): void {
  let parked = parkedOn.get(stream);
  if (!parked) {
    parked = new Set();
    parkedOn.set(stream, parked);
  }
  parked.add(consumer);
}

/** Nobody may take over from `consumer` any more. */
export function unpark<T>(stream: object, consumer: Consumer<T>): void {
  parkedOn.get(stream)?.delete(consumer);
}

/** The consumer that was parked first, which is then no longer parked. */
export function takeParked<T>(stream: object): Consumer<T> | undefined {
  const [parked] = parkedOn.get(stream) ?? [];
  if (parked) unpark(stream, parked);
  return parked;
}
