import type { ChannelSource } from '../channel/channel-source.js';
import type { ChannelSources } from '../channel/channel-sources.js';
import { once } from '../shared/once.js';
import type { Source } from '../shared/shared-stores.js';
import { keyOf } from '../shared/values.js';
import { type ChannelOptionsOfStores, subscribeOptions } from './channel-options.js';

/** Nobody looks at it: it is there to be held. */
const nothing = {};

/** This client as a member of a channel, from the first user that shows a state to the last one. */
export class MembershipSource implements Source<object> {
  readonly #channel: ChannelSource;
  readonly #release: () => void;
  /** What its users show, the latest one last. */
  readonly #shown: { readonly state: unknown }[] = [];
  #entered: string;

  constructor(
    sources: ChannelSources,
    name: string,
    state: unknown,
    options: ChannelOptionsOfStores,
  ) {
    this.#entered = keyOf(state);
    const { source, release } = sources.use(
      name,
      { onChange() {} },
      { ...subscribeOptions(options), presence: state },
    );
    this.#channel = source;
    this.#release = release;
  }

  /**
   * Shows `state` until the returned function is called. The same state again is no news, so that it does not undo an
   * `update()`.
   */
  show(state: unknown): () => void {
    const own = { state };
    this.#shown.push(own);
    this.#enter(state);
    return once(() => {
      this.#shown.splice(this.#shown.indexOf(own), 1);
      const before = this.#shown.at(-1);
      if (before) this.#enter(before.state);
    });
  }

  read(): object {
    return nothing;
  }

  stop(): void {
    this.#channel.leave();
    this.#release();
  }

  #enter(state: unknown): void {
    const key = keyOf(state);
    if (key !== this.#entered) {
      this.#entered = key;
      this.#channel.enter(state);
    }
  }
}
