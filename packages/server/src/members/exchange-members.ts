import type { PresenceChange, PresenceMember } from '@asyngular/channels';
import { type ChannelStreams, MemberMap, PresenceChanges } from '@asyngular/channels/internal';
import { isRecord } from '@asyngular/protocol/internal';
import type { ConsumableStream } from '@asyngular/streams';
import type { ChannelMembers, EnteredMember } from '../channels/channel-members.js';
import type {
  PresenceChanges as ChangeSet,
  PresenceListener,
  PresenceMode,
  PresencePlace,
  PresenceWatch,
} from '../presence/types.js';
import type { MemberChannels } from './member-channels.js';

/** What the members of one channel look like from the server itself. */
export class ExchangeMembers implements ChannelMembers, PresenceListener {
  readonly name: string;
  readonly #channels: MemberChannels;
  readonly #streams: ChannelStreams;
  readonly #enterPlace: (key: string, state: unknown) => PresencePlace;
  readonly #onClose: () => void;
  readonly #map = new MemberMap();
  #watch: PresenceWatch | undefined;
  #mode: PresenceMode = 'members';

  constructor(
    name: string,
    channels: MemberChannels,
    streams: ChannelStreams,
    enterPlace: (key: string, state: unknown) => PresencePlace,
    onClose: () => void,
  ) {
    this.name = name;
    this.#channels = channels;
    this.#streams = streams;
    this.#enterPlace = enterPlace;
    this.#onClose = onClose;
  }

  get members(): ReadonlyMap<string, PresenceMember> {
    this.#begin();
    return this.#map.members;
  }

  get count(): number {
    this.#begin();
    return this.#map.count;
  }

  changes(): ConsumableStream<PresenceChange> {
    this.#begin();
    return new PresenceChanges(this.#streams, this.name, () => this.#map);
  }

  enter(key: string, state: unknown): EnteredMember {
    const check = (content: unknown) => this.#channels.judgeOwn(this.name, content);
    const place = this.#enterPlace(key, check(state));
    return {
      key,
      get state() {
        return place.state;
      },
      get isHere() {
        return place.isHeld;
      },
      update(part) {
        const { state: former } = place;
        place.update(check(isRecord(former) && isRecord(part) ? { ...former, ...part } : part));
      },
      leave: () => place.leave(),
    };
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#map.forget();
    this.#streams.presence.get(this.name)?.close();
    this.#onClose();
  }

  onChanges(changes: ChangeSet): void {
    const { enter, update, leave, count, isReset } = changes;
    // Its snapshot may be taken when the change sets of everybody are out.
    if (isReset) this.#channels.clock.soon(() => this.#takeSnapshot());
    else if (this.#mode === 'count') this.#announce(this.#map.setCount(count));
    else {
      this.#announce(
        this.#map.apply({
          enter: enter.map(shown),
          update: update.map(shown),
          leave: leave.map(({ key }) => key),
        }),
      );
    }
  }

  #begin(): void {
    if (this.#watch !== undefined) return;
    const watch = this.#channels.presence.watch(this.name, this);
    this.#watch = watch;
    if (watch.ready === undefined) this.#takeSnapshot();
    else void watch.ready.then(() => watch === this.#watch && this.#takeSnapshot());
  }

  #takeSnapshot(): void {
    if (this.#watch === undefined) return;
    const { mode, members, count } = this.#watch.snapshot();
    this.#mode = mode;
    const isCounted = mode === 'count';
    this.#announce(isCounted ? this.#map.setCount(count) : this.#map.replace(members.map(shown)));
  }

  #announce(changes: readonly PresenceChange[]): void {
    this.#streams.change(this.name, changes);
  }
}

/** A member as applications see it, and may keep it. */
function shown({ key, userId, state, joinedAt, connections }: PresenceMember): PresenceMember {
  return { key, userId, state, joinedAt, connections };
}
