import type { BrokerTransport, Lane, TransportEvents } from '@asyngular/broker/transport';
import type { FieldReader } from '../wire/field-reader.js';
import { frameKinds } from '../wire/frame-kinds.js';
import { FrameWriter } from '../wire/frame-writer.js';
import { laneKey } from '../wire/lane-key.js';
import { HubLink } from './hub-link.js';
import { LocalLog } from './local-log.js';

/** What stands before a message's envelope, beside its key. */
const HEAD_BYTES = 7;

/** Moves envelopes over the hub of this machine. */
export class LocalTransport implements BrokerTransport {
  readonly name = 'local';
  readonly address: string;
  // The hub sends a message to everybody but its sender.
  readonly echoes = false;
  readonly log: LocalLog;
  readonly #link: HubLink;
  /** Lanes asked for, by the key that comes with every message. */
  readonly #lanes = new Map<string, Lane>();
  #events: TransportEvents | undefined;

  constructor(path: string, connectTimeoutMs: number) {
    this.address = `unix:${path}`;
    this.#link = new HubLink(path, connectTimeoutMs);
    this.log = new LocalLog(this.#link);
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#link.open({
      onUp: () => {
        this.log.connected();
        events.onConnected();
      },
      onDown: (reason, error) => events.onDisconnected(reason, true, error),
      onAttemptFailed: (error) => events.onAttemptFailed(error),
      onMessage: (fields) => this.#onMessage(fields),
      onEntry: (fields) => this.log.receive(fields, events),
    });
  }

  send(lane: Lane, data: Uint8Array): Promise<void> {
    const key = laneKey(lane);
    const head = new FrameWriter(frameKinds.message, HEAD_BYTES + key.length).key(key);
    return this.#link.ask([head.finish(data.byteLength), data]);
  }

  subscribe(lanes: readonly Lane[]): Promise<void> {
    const frame = new FrameWriter(frameKinds.subscribe);
    for (const lane of lanes) {
      const key = laneKey(lane);
      this.#lanes.set(key, lane);
      frame.key(key);
    }
    return this.#link.ask([frame.finish()]);
  }

  async unsubscribe(lane: Lane): Promise<void> {
    const key = laneKey(lane);
    if (!this.#lanes.delete(key)) return;
    this.#link.tell(new FrameWriter(frameKinds.unsubscribe).key(key).finish());
  }

  probe(): Promise<void> {
    return this.#link.ask([new FrameWriter(frameKinds.probe).finish()]);
  }

  reset(reason: string): void {
    this.#link.reset(reason);
  }

  async close(graceMs: number): Promise<void> {
    this.#events = undefined;
    await this.#link.close(graceMs);
    this.#lanes.clear();
    this.log.close();
  }

  #onMessage(fields: FieldReader): void {
    const lane = this.#lanes.get(fields.key());
    if (lane !== undefined) this.#events?.onMessage(lane, fields.rest());
  }
}
