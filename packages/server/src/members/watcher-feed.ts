import type { OutboundPacket } from '../outbound/outbound-packet.js';
import type { SharedPacket } from '../outbound/shared-packet.js';
import { changesPacket, countPacket, type MemberChanges } from './member-packets.js';
import { UnsentChanges } from './unsent-changes.js';

/** Changes of more members are not worth remembering for one watcher: a sync takes as much. */
const MAX_UNSENT = 500;

/** A socket, as the channels see it whose members it watches. */
export interface MemberWatcher {
  /** Its unsent bytes are above the high-water mark. */
  readonly isSlow: boolean;
  /** Sends a packet that others get, too. */
  sendShared(packet: SharedPacket): void;
  send(packet: OutboundPacket): void;
}

/**
 * What one socket is sent of the members of one channel. A socket that is slow gets the rest of the pages later, and of
 * all changes the outcome.
 */
export class WatcherFeed {
  readonly watcher: MemberWatcher;
  readonly #channel: string;
  /** Pages that are still to be sent. */
  #pages: readonly SharedPacket[] = [];
  #unsent: UnsentChanges | undefined;
  #unsentCount: number | undefined;
  /** Members may be missing in what it was sent. */
  #isPartial = false;

  constructor(channel: string, watcher: MemberWatcher) {
    this.#channel = channel;
    this.watcher = watcher;
  }

  /** Whether it knows less than everybody else does by now, and has to be told anew. */
  isOutdated(isComplete: boolean): boolean {
    return this.#isPartial && isComplete;
  }

  /** These are the members. */
  begin(pages: readonly SharedPacket[], isComplete: boolean): void {
    this.#pages = pages;
    this.#isPartial = !isComplete;
    this.#unsent = undefined;
    this.#unsentCount = undefined;
    this.#sendPages();
  }

  /** What has changed, in the form in which everybody gets it. */
  change(changes: MemberChanges, packet: SharedPacket): void {
    if (this.#isBehind) {
      this.#unsent ??= new UnsentChanges(MAX_UNSENT);
      this.#unsent.add(changes);
    } else this.watcher.sendShared(packet);
  }

  /** How many there are, where nothing else is shown. */
  count(count: number, packet: SharedPacket): void {
    if (this.#isBehind) this.#unsentCount = count;
    else this.watcher.sendShared(packet);
  }

  /** The socket has room again. Returns whether it needs everything anew. */
  goOn(): boolean {
    this.#sendPages();
    if (this.#pages.length > 0) return false;
    if (this.#unsentCount !== undefined) {
      this.watcher.send(countPacket(this.#channel, this.#unsentCount));
      this.#unsentCount = undefined;
    }
    const unsent = this.#unsent;
    this.#unsent = undefined;
    // Without any change it would say that only the number is shown.
    if (unsent === undefined || unsent.isEmpty) return false;
    if (unsent.isTooMuch) return true;
    this.watcher.send(changesPacket(this.#channel, unsent.take()));
    return false;
  }

  get #isBehind(): boolean {
    return this.watcher.isSlow || this.#pages.length > 0 || this.#unsent !== undefined;
  }

  #sendPages(): void {
    let sent = 0;
    while (sent < this.#pages.length && !this.watcher.isSlow) {
      this.watcher.sendShared(this.#pages[sent++]!);
    }
    this.#pages = this.#pages.slice(sent);
  }
}
