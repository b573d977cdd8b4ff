import type { ChannelLog } from '@asyngular/broker';

/** Counts how many reads of what follows a position, of one channel's log, are under way at the same time. */
export class ReadCounter {
  readonly #underWay = new Map<string, number>();
  #most = 0;

  constructor(log: ChannelLog) {
    const read = log.read.bind(log);
    log.read = async (channel, options) => {
      // Clients that ask for history read for themselves.
      if (options.after === undefined) return read(channel, options);
      this.#change(channel, 1);
      try {
        return await read(channel, options);
      } finally {
        this.#change(channel, -1);
      }
    };
  }

  /** The most since the last call. */
  take(): number {
    const most = this.#most;
    this.#most = 0;
    return most;
  }

  #change(channel: string, by: 1 | -1): void {
    const count = (this.#underWay.get(channel) ?? 0) + by;
    this.#underWay.set(channel, count);
    this.#most = Math.max(this.#most, count);
  }
}
