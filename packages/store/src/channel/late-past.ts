import type { ChannelHistory } from '@asyngular/client';
import type { ChannelSource } from './channel-source.js';

/** What becomes of the past. */
export interface LatePastNeeds {
  onPast(history: ChannelHistory): void;
  /** It could not be read although the channel is there. */
  onFailed(): void;
}

/**
 * The past for somebody who begins to read a channel that is subscribed to already, so that it does not come by itself: it
 * is read as soon as the channel is there, once.
 */
export class LatePast {
  readonly #channel: ChannelSource;
  readonly #limit: number;
  readonly #needs: LatePastNeeds;
  #isDone = false;
  #isReading = false;

  constructor(channel: ChannelSource, limit: number, needs: LatePastNeeds) {
    this.#channel = channel;
    this.#limit = limit;
    this.#needs = needs;
    this.onChange();
  }

  /** The channel's status may be another one. */
  onChange(): void {
    if (!this.#isDone && !this.#isReading && this.#isThere) {
      this.#isReading = true;
      this.#read();
    }
  }

  get #isThere(): boolean {
    return this.#channel.channel.state === 'subscribed';
  }

  async #read(): Promise<void> {
    try {
      const history = await this.#channel.past(this.#limit);
      this.#isDone = true;
      this.#needs.onPast(history);
    } catch (error) {
      const hasNone = (error as Error).name === 'InvalidActionError';
      // Without a connection it is read on the next one.
      this.#isDone = hasNone || this.#isThere;
      if (this.#isDone && !hasNone) this.#needs.onFailed();
    } finally {
      this.#isReading = false;
    }
  }
}
