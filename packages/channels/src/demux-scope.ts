import type { ConsumerStats, StreamDemux } from '@asyngular/streams';

/** Methods of a demux that take a consumer's id alone. */
export const byId = ['killConsumer', 'getConsumerStats', 'getConsumerBackpressure'] as const;

/** Some names of a demux, managed as if there were no others. */
export class DemuxScope {
  readonly #demux: StreamDemux;
  readonly #nameOf: (event: string) => string;
  readonly #names: () => string[];

  /** `nameOf` tells the demux's name of one stream here, `names` those of all that are in use. */
  constructor(demux: StreamDemux, nameOf: (event: string) => string, names: () => string[]) {
    this.#demux = demux;
    this.#nameOf = nameOf;
    this.#names = names;
  }

  close(event: string): void {
    this.#demux.close(this.#nameOf(event));
  }

  closeAll(): void {
    for (const name of this.#names()) this.#demux.close(name);
  }

  kill(event: string): void {
    this.#demux.kill(this.#nameOf(event));
  }

  killAll(): void {
    for (const name of this.#names()) this.#demux.kill(name);
  }

  killConsumer(id: number): void {
    this.#demux.killConsumer(this.#own(id));
  }

  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.#demux.getConsumerStats(this.#own(id));
  }

  getConsumerStatsList(event: string): ConsumerStats[] {
    return this.#demux.getConsumerStatsList(this.#nameOf(event));
  }

  getConsumerStatsListAll(): ConsumerStats[] {
    return this.#names()
      .flatMap((name) => this.#demux.getConsumerStatsList(name))
      .sort((a, b) => a.id - b.id);
  }

  getBackpressure(event: string): number {
    return this.#demux.getBackpressure(this.#nameOf(event));
  }

  getBackpressureAll(): number {
    return Math.max(0, ...this.#names().map((name) => this.#demux.getBackpressure(name)));
  }

  getConsumerBackpressure(id: number): number {
    return this.#demux.getConsumerBackpressure(this.#own(id));
  }

  hasConsumer(event: string, id: number): boolean {
    return this.#demux.hasConsumer(this.#nameOf(event), id);
  }

  hasConsumerAll(id: number): boolean {
    return this.#names().some((name) => this.#demux.hasConsumer(name, id));
  }

  /** 0, which no consumer has, stands for the consumers of other names. */
  #own(id: number): number {
    return this.hasConsumerAll(id) ? id : 0;
  }
}
