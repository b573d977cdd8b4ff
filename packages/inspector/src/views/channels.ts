import type { AGServer } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { ChannelDetails, ChannelOrder, ChannelRow } from '../api/snapshots.js';
import type { ListSource } from './lists.js';
import { preview } from './preview.js';
import type { PublicationMeter } from './publication-meter.js';

/** Subscribers, members and publications that the details of a channel show. */
const MAX_SHOWN = 50;
/** Publications of its log. */
const MAX_HISTORY = 10;

/** The channels of a server as the page sees them, by name. */
export class Channels implements ListSource<string, ChannelRow, ChannelOrder> {
  readonly #server: AGServer;
  readonly #inspection: ServerInspection;
  readonly #meter: PublicationMeter;

  constructor(server: AGServer, inspection: ServerInspection, meter: PublicationMeter) {
    this.#server = server;
    this.#inspection = inspection;
    this.#meter = meter;
  }

  items() {
    const { channels } = this.#server.stats();
    return { items: this.#inspection.channelNames(), total: channels };
  }

  fitting(search: string): ((name: string) => boolean) | undefined {
    return search === '' ? undefined : (name) => name.includes(search);
  }

  ranking(order: ChannelOrder): (name: string) => number {
    switch (order) {
      case 'sockets':
        return (name) => this.#inspection.channel(name).sockets;
      case 'rate':
        return (name) => this.#meter.read(name).rate * 100;
      case 'published':
        return (name) => this.#meter.read(name).published;
    }
  }

  forget(): void {}

  describe(name: string): ChannelRow {
    const { sockets, hasExchange } = this.#inspection.channel(name);
    return {
      name,
      sockets,
      hasExchange,
      ...this.#meter.read(name),
      hasHistory: this.#inspection.hasHistory(name),
      hasPresence: this.#inspection.hasPresence(name),
    };
  }

  /** Also of a channel that nobody here is subscribed to. */
  async details(name: string): Promise<ChannelDetails> {
    const [history, presence] = await Promise.all([this.#history(name), this.#presence(name)]);
    const subscribers = this.#inspection
      .socketsOn(name, MAX_SHOWN)
      .map(({ id, userId }) => ({ id, user: userId }));
    return { ...this.describe(name), subscribers, ...history, presence };
  }

  /** A log that cannot be read now spoils nothing else. */
  async #history(name: string): Promise<Pick<ChannelDetails, 'history' | 'historyError'>> {
    if (!this.#inspection.hasHistory(name)) return {};
    try {
      const { publications } = await this.#server.exchange.history(name, { limit: MAX_HISTORY });
      const history = publications.map(({ position, data }) => ({
        position,
        preview: preview(() => data),
      }));
      return { history };
    } catch (error) {
      return { historyError: error instanceof Error ? error.message : String(error) };
    }
  }

  async #presence(name: string): Promise<ChannelDetails['presence']> {
    const snapshot = await this.#inspection.presence(name);
    if (snapshot === undefined) return undefined;
    const { count, members } = snapshot;
    return {
      count,
      members: members.slice(0, MAX_SHOWN).map(({ key, state, connections, joinedAt }) => ({
        key,
        state: preview(() => state),
        connections,
        joinedAt,
      })),
    };
  }
}
