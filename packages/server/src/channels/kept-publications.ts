/** One publication, as the broker knows it. */
export interface KeptPublication {
  /** Who published it, and its number among what that node has published. */
  readonly node: string;
  readonly sequence: number;
  readonly message: string | Uint8Array;
  readonly except: string | undefined;
}

/** By node, the number of the last publication that a subscriber has had on another server. */
export type Heard = ReadonlyMap<string, number>;

/** What is kept of one channel. */
interface Kept {
  publications: KeptPublication[];
  bytes: number;
  /** By node, the number of the last publication that there was no room for. */
  readonly lost: Map<string, number>;
  /** Who asked last; an earlier deadline finds another number and does nothing. */
  asked: number;
}

/** Of one channel; what is older goes. */
const MAX_PUBLICATIONS = 1_000;
const MAX_BYTES = 1_048_576;
/** Of all channels; beyond it further ones are not kept, and each publication costs its channel older ones. */
const MAX_BYTES_TOTAL = 67_108_864;
const MAX_CHANNELS = 10_000;

/**
 * The last publications on channels without a log, for as long as subscribers are on their way here from another server.
 * That server goes on delivering until the subscriber leaves it, and says how far it came for each publishing node. What
 * came here since it asked, and is beyond that, is what it lacks: nothing twice, and nothing left out.
 */
export class KeptPublications {
  readonly #channels = new Map<string, Kept>();
  #bytes = 0;

  get size(): number {
    return this.#channels.size;
  }

  channels(): string[] {
    return [...this.#channels.keys()];
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Keeps what comes from now on. Returns the number to end it with, `undefined` when there is no room for the channel. */
  begin(channel: string): number | undefined {
    const kept = this.#channels.get(channel);
    if (kept !== undefined) return ++kept.asked;
    if (this.#channels.size >= MAX_CHANNELS || this.#bytes >= MAX_BYTES_TOTAL) return undefined;
    this.#channels.set(channel, { publications: [], bytes: 0, lost: new Map(), asked: 0 });
    return 0;
  }

  /** Nobody who asked by then is still on the way; whether that was the last. */
  end(channel: string, asked: number): boolean {
    return this.#channels.get(channel)?.asked === asked && this.drop(channel);
  }

  drop(channel: string): boolean {
    this.#bytes -= this.#channels.get(channel)?.bytes ?? 0;
    return this.#channels.delete(channel);
  }

  add(channel: string, publication: KeptPublication): void {
    const kept = this.#channels.get(channel);
    if (kept === undefined) return;
    kept.publications.push(publication);
    this.#count(kept, publication.message.length);
    while (this.#isTooMuch(kept)) {
      const { node, sequence, message } = kept.publications.shift()!;
      kept.lost.set(node, sequence);
      this.#count(kept, -message.length);
    }
  }

  /** What a subscriber lacks that has had `heard`, oldest first; `undefined` when it cannot be known. */
  beyond(channel: string, heard: Heard): readonly KeptPublication[] | undefined {
    const kept = this.#channels.get(channel);
    if (kept === undefined) return undefined;
    for (const [node, sequence] of kept.lost) {
      if (sequence > (heard.get(node) ?? 0)) return undefined;
    }
    return kept.publications.filter(({ node, sequence }) => sequence > (heard.get(node) ?? 0));
  }

  #isTooMuch({ publications, bytes }: Kept): boolean {
    if (publications.length > MAX_PUBLICATIONS || bytes > MAX_BYTES) return true;
    return this.#bytes > MAX_BYTES_TOTAL && publications.length > 0;
  }

  #count(kept: Kept, bytes: number): void {
    kept.bytes += bytes;
    this.#bytes += bytes;
  }
}
