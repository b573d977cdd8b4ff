import type { LogPolicy, LogPosition, ReadOptions } from '@asyngular/broker';
import type {
  LogTransport,
  StoredPage,
  TransportAppend,
  TransportEvents,
} from '@asyngular/broker/transport';
import type { FieldReader } from '../wire/field-reader.js';
import { frameKinds } from '../wire/frame-kinds.js';
import { FrameWriter } from '../wire/frame-writer.js';
import { laneKey } from '../wire/lane-key.js';
import {
  readAppended,
  readEntry,
  readPage,
  readPosition,
  writePolicy,
  writeReadOptions,
} from '../wire/log-fields.js';
import type { HubLink } from './hub-link.js';

/** Appends of one channel under way together; the hub takes them in order and knows all of them again. */
const MAX_IN_FLIGHT = 1_024;

/** What stands before the envelope of an append, as a rule. */
const HEAD_BYTES = 128;

/** Logs of channels, which the hub of this machine keeps in its memory. */
export class LocalLog implements LogTransport {
  readonly #link: HubLink;
  /** Channels by the key that comes with every live entry. */
  readonly #followed = new Map<string, string>();
  /** Answers to appends on this connection that the hub does not know to have arrived. */
  #unconfirmed = 0;

  constructor(link: HubLink) {
    this.#link = link;
  }

  maxInFlight(): number {
    return MAX_IN_FLIGHT;
  }

  append(append: TransportAppend): void {
    const { channel, data, id, policy } = append;
    const head = new FrameWriter(frameKinds.append, HEAD_BYTES).uint32(this.#unconfirmed);
    this.#unconfirmed = 0;
    head.key(laneKey(channel)).key(id === undefined ? '' : laneKey(id));
    writePolicy(head, policy);
    const answer = this.#link.ask([head.finish(data.byteLength), data], (fields) => {
      this.#unconfirmed++;
      return readAppended(fields);
    });
    answer.then(
      (appended) => append.onStored(appended),
      (error: Error) => append.onFailed(error),
    );
  }

  follow(channels: readonly string[]): Promise<void> {
    const frame = new FrameWriter(frameKinds.follow);
    for (const channel of channels) {
      const key = laneKey(channel);
      this.#followed.set(key, channel);
      frame.key(key);
    }
    return this.#link.ask([frame.finish()]);
  }

  async unfollow(channel: string): Promise<void> {
    const key = laneKey(channel);
    if (!this.#followed.delete(key)) return;
    this.#link.tell(new FrameWriter(frameKinds.unfollow).key(key).finish());
  }

  read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage> {
    const frame = new FrameWriter(frameKinds.read).key(laneKey(channel));
    writePolicy(frame, policy);
    writeReadOptions(frame, options);
    return this.#link.ask([frame.finish()], readPage);
  }

  tops(
    channels: readonly { readonly channel: string; readonly policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>> {
    const frame = new FrameWriter(frameKinds.tops);
    for (const { channel, policy } of channels) writePolicy(frame.key(laneKey(channel)), policy);
    return this.#link.ask(
      [frame.finish()],
      (fields) => new Map(channels.map(({ channel }) => [channel, readPosition(fields)])),
    );
  }

  // For the transport ----------------------------------------------------------------------------

  /** A new connection: the hub counts what is answered on it from the beginning. */
  connected(): void {
    this.#unconfirmed = 0;
  }

  receive(fields: FieldReader, events: TransportEvents): void {
    const channel = this.#followed.get(fields.key());
    if (channel !== undefined) events.onEntry(channel, readEntry(fields));
  }

  close(): void {
    this.#followed.clear();
  }
}
