import type { Codec } from '@asyngular/protocol';
import type { Codecs, PublicationForm } from '../codecs/codecs.js';
import type { FrameEngine, PreparedFrame } from '../engine/engine.js';
import type { OutboundPacket } from './outbound-packet.js';

/** What is known of a publication beside what clients get of it. */
export interface PublicationFacts {
  /** Its place in the channel's log, if the channel has one (P14.8). */
  readonly place?: string | undefined;
  /** Who is not to get it: the `exceptId` of a socket. */
  readonly except?: string | undefined;
}

const nothing: PublicationFacts = {};

/** What a publication needs of the server. */
export interface PublicationOwner {
  readonly codecs: Codecs;
  readonly engine: Pick<FrameEngine, 'prepare'>;
}

/** One publication on its way to local subscribers, encoded at most once for each codec. */
export class Publication {
  readonly channel: string;
  /** As the broker has it. */
  readonly message: string | Uint8Array;
  /** See `PublicationFacts`. */
  readonly place: string | undefined;
  readonly except: string | undefined;
  readonly #codecs: Codecs;
  readonly #engine: PublicationOwner['engine'];
  /** What was asked for last, because most subscribers speak the same. */
  #codec: Codec | undefined;
  #frame: PreparedFrame | undefined;
  #form: PublicationForm | undefined;
  /** The message as it is. */
  #kept: PreparedFrame | undefined;
  #translated: Map<Codec, PreparedFrame> | undefined;

  constructor(
    channel: string,
    message: string | Uint8Array,
    { codecs, engine }: PublicationOwner,
    { place, except }: PublicationFacts = nothing,
  ) {
    this.channel = channel;
    this.message = message;
    this.place = place;
    this.except = except;
    this.#codecs = codecs;
    this.#engine = engine;
  }

  /** The frame that was found last, if it is for `codec`. Short, so that it is inlined into each delivery. */
  lastFor(codec: Codec): PreparedFrame | undefined {
    return codec === this.#codec ? this.#frame : undefined;
  }

  /** For connections that speak `codec`. Throws what the codec throws. */
  frameFor(codec: Codec): PreparedFrame {
    this.#frame = this.#find(codec);
    this.#codec = codec;
    return this.#frame;
  }

  /** The packet, decoded anew: nobody else holds the result. */
  get packet(): OutboundPacket {
    return this.#codecs.decodePublication(this.message) as OutboundPacket;
  }

  /** The payload, decoded anew. */
  copyData(): unknown {
    return (this.packet.data as { data?: unknown } | undefined)?.data;
  }

  #find(codec: Codec): PreparedFrame {
    this.#form ??= this.#codecs.formOf(this.message);
    if (this.#codecs.readsForm(codec, this.#form)) {
      this.#kept ??= this.#engine.prepare(this.message);
      return this.#kept;
    }
    this.#translated ??= new Map();
    let frame = this.#translated.get(codec);
    if (frame === undefined) {
      frame = this.#engine.prepare(this.#codecs.translate(this.message, codec));
      this.#translated.set(codec, frame);
    }
    return frame;
  }
}
