import { AbortError, protocolEvents } from '@asyngular/protocol';
import {
  assertWithinLimits,
  type Limits,
  PacketBatcher,
  publishedLimits,
  RECOVERY_EXTENSION,
} from '@asyngular/protocol/internal';
import { WritableConsumableStream } from '@asyngular/streams';
import { weigh } from '../backlogs/weigh.js';
import { toMessage } from '../codecs/message.js';
import type { PreparedFrame } from '../engine/engine.js';
import { ActionBase, type Verdict } from '../middleware/action.js';
import type { BlockedAction } from '../middleware/middleware.js';
import { BlockedPlaces } from './blocked-places.js';
import type { OutboundOwner } from './outbound-owner.js';
import type { OutboundPacket } from './outbound-packet.js';
import { Outbox } from './outbox.js';
import type { Publication } from './publication.js';
import type { SharedPacket } from './shared-packet.js';

/** Packets with what other clients have said: what one of them sends must not be lost to all who have no types. */
const saidByOthers = new Set<string | undefined>([protocolEvents.publish, protocolEvents.presence]);

/** Waits behind a publication that the outbound middleware is looking at. */
type Waiting =
  | { packet: OutboundPacket }
  | { publication: Publication; frame: PreparedFrame }
  | { passedOver: Publication };

/**
 * Everything a socket sends, in call order: encoded at once and put into the outbox, unless a batch
 * is being collected or an outbound middleware holds an earlier publication; then it queues here.
 */
export class Outbound {
  readonly outbox: Outbox;
  /** Calls and messages made, and handed to the outbox; they differ while something waits. */
  preparedCount = 0;
  sentCount = 0;
  /** Publications dropped by the overflow policy. */
  droppedCount = 0;
  /** What the client takes in one message. */
  limits: Limits = publishedLimits;
  /** Shows every packet to loops of the application, once somebody has asked for it. */
  view: WritableConsumableStream<OutboundPacket> | undefined;
  readonly #session: OutboundOwner;
  #batcher: PacketBatcher<OutboundPacket> | undefined;
  #waiting: Waiting[] | undefined;
  #closed = false;
  #drainWaiters: (() => void)[] | undefined;
  #cleared = false;
  #blockedPlaces: BlockedPlaces | undefined;

  constructor(session: OutboundOwner) {
    this.#session = session;
    const { core } = session;
    this.outbox = new Outbox(session.connection, core.flushList, core.outboxLimits, this);
  }

  /** Lets loops of the application see every packet. What waits for them is nobody's fault who could be slowed. */
  createView(): WritableConsumableStream<OutboundPacket> {
    const { core, id } = this.#session;
    this.view ??= new WritableConsumableStream(
      core.backlogs.counted(`a loop over the outboundPacketStream of socket ${id}`),
    );
    return this.view;
  }

  /** Batching of outgoing packets; made on first use. */
  get batcher(): PacketBatcher<OutboundPacket> {
    this.#batcher ??= new PacketBatcher<OutboundPacket>({
      send: (packets) => this.#sendBatch(packets),
      intervalMs: this.#session.core.options.batchInterval,
    });
    return this.#batcher;
  }

  get existingBatcher(): PacketBatcher<OutboundPacket> | undefined {
    return this.#batcher;
  }

  /** `shared`: the same packet, of which others get the frame, too. */
  send(packet: OutboundPacket, shared?: SharedPacket): void {
    const { view } = this;
    if (view !== undefined && view.getConsumerCount() > 0) view.write(packet, weigh(packet));
    if (this.#closed) return;
    this.preparedCount++;
    if (this.#waiting === undefined) this.#sendNow(packet, shared);
    else if (this.#session.callsInFlight > 0) this.#overtake(this.#waiting, packet);
    else this.#wait(this.#waiting, { packet });
  }

  /** A heartbeat: never batched, never encoded. */
  sendControl(frame: PreparedFrame): void {
    this.outbox.push(frame);
  }

  publish(publication: Publication): void {
    const { view } = this;
    // Decoded anew for the loops, so nothing is done when there are none.
    if (view !== undefined && view.getConsumerCount() > 0) {
      const { packet } = publication;
      view.write(packet, weigh(packet));
    }
    if (this.#closed) return;
    const frame = publication.lastFor(this.#session.codec) ?? this.#frameOf(publication);
    if (frame === undefined) return;
    this.preparedCount++;
    if (this.#waiting === undefined) {
      if (this.#session.core.middleware.outbound === undefined) {
        this.#publishNow(frame, publication);
        return;
      }
      this.#waiting = [];
      this.#wait(this.#waiting, { publication, frame });
      this.#drain();
      return;
    }
    this.#wait(this.#waiting, { publication, frame });
  }

  /** A publication that the client does not get, because it is its own; where it stands, it may have to know. */
  passOver(publication: Publication): void {
    if (publication.place === undefined || this.#closed) return;
    if (this.#waiting === undefined) this.#tellPlace(publication.channel, publication.place);
    // It must not seem to have what is looked at by the middleware.
    else this.#wait(this.#waiting, { passedOver: publication });
  }

  /** Sends batches and the outbox, before a close frame. */
  flushAll(): void {
    this.#batcher?.flushBatch();
    this.outbox.flushAll();
  }

  /** Drops everything unsent; the calls among it have been rejected by the session's end. */
  clear(): void {
    this.#closed = true;
    this.#cleared = true;
    this.#batcher?.cancelBatch();
    if (this.#waiting) this.#waiting.length = 0;
    // What was dropped does not wait any more.
    this.sentCount = this.preparedCount;
    this.#blockedPlaces?.clear();
    this.outbox.clear();
    this.#releaseWaiters();
  }

  /** No further packets are sent; what is queued still is. */
  close(): void {
    this.#closed = true;
  }

  /** The calls of a cancelled batch reject; its other packets are dropped as asked. */
  abandon(packets: readonly OutboundPacket[]): void {
    for (const { event, cid } of packets) {
      if (event !== undefined && cid !== undefined) {
        const error = new AbortError(`Event ${event} was aborted due to a cancelled batch`);
        this.#session.rejectCall(cid, error);
      }
    }
  }

  onOutboxOverflow(limit: 'outboundLimit' | 'maxBufferedBytesTotal'): void {
    if (this.#session.isClosed) return;
    this.#session.countLimit(limit);
    this.#session.closeSlow();
  }

  onOutboxBackpressure(): void {
    const session = this.#session;
    if (session.isClosed) return;
    session.countLimit('outboundHighWaterMark');
    // The answers to a client that sends but does not read would pile up here.
    session.holdReading();
    session.onPressure(true);
    session.socket.announce('backpressure', { bufferedBytes: this.outbox.bufferedBytes });
  }

  onOutboxDrain(): void {
    const session = this.#session;
    if (session.isClosed) return;
    if (this.#waitingPackets() <= session.core.options.inboundHighWaterMark / 2) {
      session.releaseReading();
    }
    session.onPressure(false);
    session.socket.announce('drain', { bufferedBytes: this.outbox.bufferedBytes });
    this.#releaseWaiters();
  }

  /** Resolves when the unsent bytes have fallen to half the high-water mark, or the socket is over. */
  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drainWaiters ??= [];
      this.#drainWaiters.push(resolve);
    });
  }

  #releaseWaiters(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = undefined;
    for (const resolve of waiters ?? []) resolve();
  }

  onOutboxProgress(): void {
    // The peer reads, though we may not be reading what it sends.
    this.#session.heartbeat.heard = true;
  }

  onOutboxDrop(): void {
    this.droppedCount++;
    this.#session.countLimit('overflowPolicy');
  }

  #waitingPackets(): number {
    return this.#waiting?.length ?? 0;
  }

  /** Queues behind a publication in the outbound middleware; the client waits when much does. */
  #wait(waiting: Waiting[], item: Waiting): void {
    waiting.push(item);
    if ('frame' in item) this.outbox.reserve(item.frame.byteLength);
    const { core } = this.#session;
    if (waiting.length >= core.options.inboundHighWaterMark) this.#session.holdReading();
  }

  /**
   * Sends past the publications that the outbound middleware is looking at, and so does what was sent
   * before: it may be the middleware that asks the client, and waits for the answer.
   */
  #overtake(waiting: Waiting[], packet: OutboundPacket): void {
    for (const item of waiting.splice(0)) {
      if ('packet' in item) this.#sendNow(item.packet);
      else waiting.push(item);
    }
    this.#sendNow(packet);
  }

  #sendNow(packet: OutboundPacket, shared?: SharedPacket): void {
    this.sentCount++;
    if (this.#batcher?.push(packet)) return;
    const frame = shared?.frameFor(this.#session.codec);
    if (frame === undefined || frame.byteLength > this.limits.maxPayload) this.#push(packet);
    else this.outbox.push(frame);
  }

  #push(packet: OutboundPacket): void {
    const message = this.#encode(packet);
    if (message !== undefined) this.outbox.push(this.#session.core.engine.prepare(message));
  }

  #publishNow(frame: PreparedFrame, publication: Publication): void {
    this.sentCount++;
    this.#blockedPlaces?.remove(publication.channel);
    if (this.#batcher?.isBuffering) this.#batcher.push(publication.packet);
    else this.outbox.push(frame, publication.channel);
  }

  /** A publication for this client; what its codec cannot encode is passed over, and reported. */
  #frameOf(publication: Publication): PreparedFrame | undefined {
    const session = this.#session;
    try {
      return publication.frameFor(session.codec);
    } catch (error) {
      session.emitError(error);
      const { channel, place } = publication;
      if (place !== undefined && this.#session.extensions?.has(RECOVERY_EXTENSION)) {
        this.send({ event: protocolEvents.position, data: { channel, p: place } });
      }
      return undefined;
    }
  }

  /** One packet's encoding; a failure is reported, and settles the call concerned at once. */
  #encode(packet: OutboundPacket): string | Uint8Array | undefined {
    const session = this.#session;
    try {
      if (!saidByOthers.has(packet.event)) return this.#messageOf(packet);
      return this.#withinLimits(packet, session.core.codecs.encodeForAll(packet, session.codec));
    } catch (error) {
      session.emitError(error);
      if (packet.rid !== undefined) {
        if (packet.error === undefined) session.respondError(packet.rid, error);
      } else if (packet.cid !== undefined) {
        session.rejectCall(packet.cid, error);
      } else if (packet.event === protocolEvents.body) {
        session.rejectCall((packet.data as { cid: number }).cid, error);
      } else if (packet.event === protocolEvents.kickOut) {
        return this.#kickOutWithoutMessage(packet);
      }
      return undefined;
    }
  }

  /** The subscription has ended, and a client that did not know would wait for publications for ever. */
  #kickOutWithoutMessage({ event, data }: OutboundPacket): string | Uint8Array | undefined {
    const { channel, message } = data as { channel: string; message?: unknown };
    return message === undefined ? undefined : this.#encode({ event, data: { channel } });
  }

  /** Throws when there is no message for it, or the client would not take it. */
  #messageOf(content: unknown): string | Uint8Array {
    return this.#withinLimits(content, toMessage(this.#session.codec.encode(content)));
  }

  #withinLimits(content: unknown, message: string | Uint8Array): string | Uint8Array {
    assertWithinLimits(
      content,
      message,
      this.limits,
      '; send less at a time, or raise wsOptions.maxPayload of the client',
    );
    return message;
  }

  /** In halves when one packet spoils the whole, it is too much for the client, or the codec takes no arrays. */
  #sendBatch(packets: OutboundPacket[]): void {
    let message: string | Uint8Array;
    try {
      message = this.#messageOf(packets);
    } catch {
      const half = packets.length >> 1;
      for (const part of [packets.slice(0, half), packets.slice(half)]) {
        if (part.length === 1) this.#push(part[0]!);
        else if (part.length > 1) this.#sendBatch(part);
      }
      return;
    }
    this.outbox.push(this.#session.core.engine.prepare(message));
  }

  /** Works off the queue behind a publication in the outbound middleware, in order. */
  async #drain(): Promise<void> {
    const waiting = this.#waiting!;
    const { core } = this.#session;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if ('packet' in next) this.#sendNow(next.packet);
      else if ('passedOver' in next) {
        const { channel, place } = next.passedOver;
        if (place !== undefined) this.#tellPlace(channel, place);
      } else {
        await this.#offer(next.frame, next.publication);
        if (!this.#cleared) this.outbox.reserve(-next.frame.byteLength);
      }
      if (waiting.length <= core.options.inboundHighWaterMark / 2 && !this.outbox.isAbove) {
        this.#session.releaseReading();
      }
    }
    this.#waiting = undefined;
  }

  async #offer(frame: PreparedFrame, publication: Publication): Promise<void> {
    const session = this.#session;
    const lane = session.lanes.use('outbound');
    if (!lane) {
      this.#publishNow(frame, publication);
      return;
    }
    const { channel, place } = publication;
    const fields = { socket: session.socket, channel };
    // A copy per socket: what one socket's middleware changes must not reach another's subscriber.
    const action = new ActionBase('publishOut', fields, undefined, () => publication.copyData());
    let verdict: Verdict;
    try {
      verdict = await lane.process(action);
    } catch (blocked) {
      if (!this.#cleared) this.sentCount++;
      if (session.isClosed) return;
      session.lanes.reportBlocked(blocked as BlockedAction, { channel });
      if (place !== undefined) this.#tellPlace(channel, place);
      return;
    }
    if (session.isClosed || this.#cleared) return;
    this.#blockedPlaces?.remove(channel);
    if (!verdict.replaced || verdict.useCache === true) this.#publishNow(frame, publication);
    else {
      const data = { channel, data: verdict.data, ...(place !== undefined && { p: place }) };
      this.#sendNow({ event: protocolEvents.publish, data });
    }
  }

  /** The client does not get a publication, and is to know that it has got beyond it. */
  #tellPlace(channel: string, place: string): void {
    if (!this.#session.extensions?.has(RECOVERY_EXTENSION)) return;
    this.#blockedPlaces ??= new BlockedPlaces((packet) => this.#sendNow(packet));
    this.#blockedPlaces.add(channel, place);
  }
}
