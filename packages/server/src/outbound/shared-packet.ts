import type { Codec } from '@asyngular/protocol';
import { toMessage } from '../codecs/message.js';
import type { FrameEngine, PreparedFrame } from '../engine/engine.js';
import type { OutboundPacket } from './outbound-packet.js';

/** A packet for many sockets, encoded and framed once for each codec that they speak. */
export class SharedPacket {
  readonly packet: OutboundPacket;
  readonly #engine: Pick<FrameEngine, 'prepare'>;
  readonly #frames = new Map<Codec, PreparedFrame | undefined>();

  constructor(packet: OutboundPacket, engine: Pick<FrameEngine, 'prepare'>) {
    this.packet = packet;
    this.#engine = engine;
  }

  /** `undefined` when the codec has no message for it: each socket then finds out by itself, and reports it. */
  frameFor(codec: Codec): PreparedFrame | undefined {
    if (!this.#frames.has(codec)) this.#frames.set(codec, this.#make(codec));
    return this.#frames.get(codec);
  }

  #make(codec: Codec): PreparedFrame | undefined {
    try {
      return this.#engine.prepare(toMessage(codec.encode(this.packet)));
    } catch {
      return undefined;
    }
  }
}
