import type { Consumer } from './consumer.js';

// What is written for one consumer only. Like the published packages, the other consumers of the stream count
// such a packet until they have read what came before it.

/** Appends a value for `consumer` alone. */
export function writeToOne<T>(consumer: Consumer<T> | undefined, value: T, size: number): void {
  consumer?.write(value, size);
  passByOthers(consumer);
}

/** Appends an end marker for `consumer` alone. */
export function closeOne<T>(consumer: Consumer<T> | undefined, value: unknown): void {
  consumer?.end(value);
  passByOthers(consumer);
}

function passByOthers<T>(addressee: Consumer<T> | undefined): void {
  addressee?.stream.forEachConsumer((consumer) => {
    if (consumer !== addressee) consumer.passBy();
  });
}
