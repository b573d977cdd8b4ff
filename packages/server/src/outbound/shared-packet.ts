import type { Codec } from '@asyngular/protocol';
import type { Codecs } from '../codecs/codecs.js';
import type { FrameEngine, PreparedFrame } from '../engine/engine.js';
import type { OutboundPacket } from './outbound-packet.js';

/** What a packet for many sockets needs of the server. */
export interface SharedPacketOwner {
  readonly codecs: Pick<Codecs, 'encodeForAll'>;
  readonly engine: Pick<FrameEngine, 'prepare'>;
}

/** A packet for many sockets, encoded and framed once for each codec that they speak. */
export class SharedPacket {
  readonly packet: OutboundPacket;
  readonly #owner: SharedPacketOwner;
  readonly #frames = new Map<Codec, PreparedFrame | undefined>();

  constructor(packet: OutboundPacket, owner: SharedPacketOwner) {
    this.packet = packet;
    this.#owner = owner;
  }

  /** `undefined` when the codec has no message for it: each socket then finds out by itself, and reports it. */
  frameFor(codec: Codec): PreparedFrame | undefined {
    if (!this.#frames.has(codec)) this.#frames.set(codec, this.#make(codec));
    return this.#frames.get(codec);
  }

  #make(codec: Codec): PreparedFrame | undefined {
    const { codecs, engine } = this.#owner;
    try {
      return engine.prepare(codecs.encodeForAll(this.packet, codec));
    } catch {
      return undefined;
    }
  }
}
