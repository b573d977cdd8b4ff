import type { Home } from './home.js';
import type { ChannelContent, DeltaMessage, StateMessage } from './messages.js';
import type { PresenceRecord } from './record.js';
import { writeRecord } from './wire-record.js';

/** Characters of a message that states of full size may take; brokers take at least four times as many bytes. */
const MAX_LENGTH = 131_072;
/** What a record takes beside its state. */
const RECORD_LENGTH = 256;

/** Members that fit into one message. */
function membersPerMessage(maxStateBytes: number): number {
  return Math.max(1, Math.floor(MAX_LENGTH / (maxStateBytes + RECORD_LENGTH)));
}

/** Says what is in a channel of this server. Every change gets the next version, whatever channel it is in. */
export class Announcements {
  readonly #perMessage: number;
  readonly #maxMembers: number;
  readonly #isCountOnly: (channel: string) => boolean;
  /** Of the latest change of any channel. */
  version = 0;

  constructor(options: {
    maxStateBytes: number;
    maxMembers: number;
    isCountOnly: (channel: string) => boolean;
  }) {
    this.#perMessage = membersPerMessage(options.maxStateBytes);
    this.#maxMembers = options.maxMembers;
    this.#isCountOnly = options.isCountOnly;
  }

  /** Gives what has changed a version without a message to anybody. */
  skip(home: Home): void {
    home.takeChanges();
    home.isCounted = this.#isCounted(home);
    home.version = ++this.version;
  }

  /** What has changed since the last version. */
  changesOf(home: Home): readonly (DeltaMessage | StateMessage)[] {
    const { set, gone, moved } = home.takeChanges();
    const wasCounted = home.isCounted;
    home.isCounted = this.#isCounted(home);
    if (home.isCounted) {
      const from = wasCounted ? home.version : 0;
      return [this.#delta(home, from, { set: [], moved: [], count: home.members.size }, [])];
    }
    if (wasCounted) {
      home.version = ++this.version;
      return this.stateOf(home);
    }
    const deltas: DeltaMessage[] = [];
    for (const part of parts(set, this.#perMessage)) {
      const content = { set: part.map(writeRecord), moved: [], count: null };
      deltas.push(this.#delta(home, home.version, content, []));
    }
    if (gone.length + moved.length > 0) {
      deltas.push(this.#delta(home, home.version, { set: [], moved, count: null }, gone));
    }
    return deltas;
  }

  /** Everything, in pages. */
  stateOf(home: Home): readonly StateMessage[] {
    const { channel, version, isCounted, members } = home;
    const moved = [...home.moved].filter(([key]) => !members.has(key));
    const records = isCounted ? [] : [...home.records()];
    const pages = parts(records, this.#perMessage);
    if (pages.length === 0) pages.push([]);
    return pages.map((page, index) => ({
      type: 'state',
      channel,
      version,
      asOf: this.version,
      page: index,
      of: pages.length,
      content: {
        set: page.map(writeRecord),
        moved: index === 0 ? moved : [],
        count: isCounted ? members.size : null,
      },
    }));
  }

  #delta(home: Home, from: number, content: ChannelContent, gone: readonly string[]): DeltaMessage {
    home.version = ++this.version;
    return { type: 'delta', channel: home.channel, from, to: home.version, content, gone };
  }

  /** Whether others get only the number of members; they get all of them again when there are a tenth less. */
  #isCounted({ channel, members, isCounted }: Home): boolean {
    if (this.#isCountOnly(channel)) return true;
    return members.size > (isCounted ? this.#maxMembers * 0.9 : this.#maxMembers);
  }
}

function parts(records: readonly PresenceRecord[], size: number): PresenceRecord[][] {
  const all: PresenceRecord[][] = [];
  for (let start = 0; start < records.length; start += size) {
    all.push(records.slice(start, start + size));
  }
  return all;
}
