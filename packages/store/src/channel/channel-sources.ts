import type { SubscribeOptions } from '@asyngular/client';
import { type ChannelNeeds, ChannelSource, type ChannelUser } from './channel-source.js';

/** What one user has of a channel. */
export interface ChannelUse {
  readonly source: ChannelSource;
  /** See `ChannelSource.use`. */
  readonly isFirst: boolean;
  readonly release: () => void;
}

/** The channels of one socket that are in use. */
export interface ChannelSources {
  use(name: string, user: ChannelUser, options: SubscribeOptions): ChannelUse;
}

export function createChannelSources(needs: ChannelNeeds): ChannelSources {
  const sources = new Map<string, ChannelSource>();

  return {
    use(name, user, options) {
      const source = sources.get(name) ?? new ChannelSource(name, needs);
      sources.set(name, source);
      const { isFirst, release } = source.use(user, options);
      return {
        source,
        isFirst,
        release() {
          release();
          if (!source.isUsed) sources.delete(name);
        },
      };
    },
  };
}
