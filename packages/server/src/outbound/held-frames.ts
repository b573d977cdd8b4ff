import type { PreparedFrame } from '../engine/engine.js';

/** Dead places that are tolerated before the arrays are rebuilt. */
const MIN_DEAD = 64;

/**
 * Frames that wait for a connection which takes no more, in order. With `tracked`, publications can be
 * dropped by channel or by age in constant time: dropped places stay empty until they are the majority.
 */
export class HeldFrames {
  /** Frames that wait. */
  count = 0;
  readonly #tracked: boolean;
  #frames: (PreparedFrame | undefined)[] = [];
  /** Channel of each place; `undefined` for what is not a publication. */
  #channels: (string | undefined)[] = [];
  /** Place of the channel's publication before this one, or −1. */
  #before: number[] = [];
  /** Place of each channel's newest publication. */
  #newest = new Map<string, number>();
  #head = 0;
  /** No publication before this place may be dropped for its age. */
  #oldest = 0;

  constructor(tracked: boolean) {
    this.#tracked = tracked;
  }

  add(frame: PreparedFrame, channel: string | undefined): void {
    this.count++;
    const place = this.#frames.push(frame) - 1;
    if (!this.#tracked) return;
    this.#channels.push(channel);
    if (channel === undefined) {
      this.#before.push(-1);
      return;
    }
    this.#before.push(this.#newest.get(channel) ?? -1);
    this.#newest.set(channel, place);
  }

  /** Removes frames from the front, `maxBytes` of them and one at least. */
  take(maxBytes: number): PreparedFrame[] {
    const taken: PreparedFrame[] = [];
    let bytes = 0;
    for (; this.#head < this.#frames.length; this.#head++) {
      const frame = this.#frames[this.#head];
      if (frame === undefined) continue;
      bytes += frame.byteLength;
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(frame);
      this.#frames[this.#head] = undefined;
    }
    this.count -= taken.length;
    this.#compact();
    return taken;
  }

  /** Drops the channel's publications and hands each to `onDrop`. */
  dropChannel(channel: string, onDrop: (frame: PreparedFrame) => void): void {
    let place = this.#newest.get(channel) ?? -1;
    while (place >= this.#head) {
      this.#drop(place, onDrop);
      place = this.#before[place]!;
    }
    this.#newest.delete(channel);
    this.#compact();
  }

  /** Drops the oldest publication of a channel that may lose it; `false` when there is none. */
  dropOldest(
    isDroppable: (channel: string) => boolean,
    onDrop: (frame: PreparedFrame) => void,
  ): boolean {
    this.#oldest = Math.max(this.#oldest, this.#head);
    for (; this.#oldest < this.#frames.length; this.#oldest++) {
      const channel = this.#channels[this.#oldest];
      if (channel === undefined || this.#frames[this.#oldest] === undefined) continue;
      if (!isDroppable(channel)) continue;
      this.#drop(this.#oldest++, onDrop);
      this.#compact();
      return true;
    }
    return false;
  }

  #drop(place: number, onDrop: (frame: PreparedFrame) => void): void {
    const frame = this.#frames[place];
    if (frame === undefined) return;
    this.#frames[place] = undefined;
    this.count--;
    onDrop(frame);
  }

  /** Rebuilds the arrays once most places are empty. */
  #compact(): void {
    const dead = this.#frames.length - this.count;
    if (dead < MIN_DEAD || dead < this.count) return;
    const [frames, channels] = [this.#frames, this.#channels];
    const head = this.#head;
    this.#frames = [];
    this.#channels = [];
    this.#before = [];
    this.#newest.clear();
    this.#head = 0;
    this.#oldest = 0;
    this.count = 0;
    for (let i = head; i < frames.length; i++) {
      const frame = frames[i];
      if (frame !== undefined) this.add(frame, channels[i]);
    }
  }
}
