import type { Consumer, ConsumerStats } from './consumer.js';

/** What can be done with the consumers of one stream, of a group of streams, or of all that an owner has. */
export abstract class ConsumerGroup<T> {
  /** Calls `visit` with every consumer here, those that left and still collect included. */
  abstract forEachConsumer(visit: (consumer: Consumer<T>) => void): void;

  /** Appends a value for every consumer. `size` is passed to the meter. */
  write(value: T, size = 0): void {
    this.forEachConsumer((consumer) => consumer.write(value, size));
  }

  /** Appends an end marker: every current consumer reads its backlog, then ends with `value`. Later
   *  consumers and later writes are not affected. */
  close(value?: unknown): void {
    this.forEachConsumer((consumer) => consumer.end(value));
  }

  /** Drops all backlogs and ends every current consumer at once with `value`. */
  kill(value?: unknown): void {
    this.forEachConsumer((consumer) => consumer.kill(value));
  }

  /** All registered consumers. */
  consumers(): Consumer<T>[] {
    const list: Consumer<T>[] = [];
    this.forEachConsumer((consumer) => {
      if (consumer.isAlive) list.push(consumer);
    });
    return list;
  }

  /** The registered consumer with that id, if it is here. */
  find(id: number): Consumer<T> | undefined {
    return this.consumers().find((consumer) => consumer.id === id);
  }

  /** Longest backlog of any consumer, in packets; 0 when there is none. */
  getBackpressure(): number {
    let max = 0;
    this.forEachConsumer((consumer) => {
      max = Math.max(max, consumer.getBackpressure());
    });
    return max;
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsList(): ConsumerStats[] {
    const list = this.consumers().map((consumer) => consumer.getStats());
    return list.sort((a, b) => a.id - b.id);
  }

  /** Number of consumers. */
  getConsumerCount(): number {
    // Without a list: it is asked for every message of a socket.
    let count = 0;
    this.forEachConsumer((consumer) => {
      if (consumer.isAlive) count++;
    });
    return count;
  }
}
