import {
  type Codec,
  createJsonCodec,
  InvalidMessageError,
  protocolEvents,
} from '@asyngular/protocol';
import {
  createTypedJsonCodec,
  needsReplacer,
  replaceBinary,
  type UnknownRecord,
  writeTag,
} from '@asyngular/protocol/internal';
import { toMessage } from './message.js';
import { isMarked, markTags } from './publication-text.js';

/**
 * Who can read the text of a publication as it is: everybody who speaks JSON, those with the extension `types`, because
 * it has tags, or those without it, because it has what looks like tags to the others.
 */
export type PublicationForm = 'common' | 'typed' | 'untyped';

/** The codecs of one server: what its connections speak, and how publications are kept for all of them. */
export class Codecs {
  /** The one that the application gave, or the default. */
  readonly given: Codec;
  /** What every connection begins with. */
  readonly first: Codec;
  /** What connections may agree to change to, best first. */
  readonly further: readonly Codec[];
  /** For what this server and others of its fleet write for each other, so that it needs no bounds. */
  readonly stored: Codec;
  /** JSON with tags, where publications are kept in it. */
  readonly #typed: Codec | undefined;

  constructor(given: Codec | undefined, maxDepth: number | undefined) {
    const typed = createTypedJsonCodec({ maxDepth });
    this.given = given ?? typed;
    if (this.given.extension === undefined) {
      this.first = this.given;
      this.stored = this.given;
      this.further = [];
    } else {
      this.#typed = typed;
      this.stored = createTypedJsonCodec({ maxDepth, isBounded: false });
      this.first = createJsonCodec({ maxDepth });
      this.further = given === undefined ? [typed] : [given, typed];
    }
  }

  /** The codec that a connection changes to, if both sides named one (P17). */
  agreed(extensions: ReadonlyMap<string, unknown>): Codec | undefined {
    return this.further.find(({ extension }) => extensions.has(extension!));
  }

  /** A publication as brokers and logs keep it. Throws when the data has no encoding. */
  encodePublication(channel: string, data: unknown): string | Uint8Array {
    const packet = { event: protocolEvents.publish, data: { channel, data } };
    if (this.#typed === undefined) return toMessage(this.first.encode(packet));
    return needsReplacer(packet)
      ? markTags(JSON.stringify(packet, writeTag))
      : JSON.stringify(packet);
  }

  /** The packet of a publication, decoded anew. Throws what the codec throws. */
  decodePublication(message: string | Uint8Array): unknown {
    const codec = this.formOf(message) === 'typed' ? this.stored : this.first;
    return codec.decode(message);
  }

  formOf(message: string | Uint8Array): PublicationForm {
    if (this.#typed === undefined || typeof message !== 'string') return 'common';
    if (isMarked(message)) return 'typed';
    return message.includes('["$') ? 'untyped' : 'common';
  }

  /** Whether connections that speak `codec` get a publication as it is kept. */
  readsForm(codec: Codec, form: PublicationForm): boolean {
    return (
      (form !== 'typed' && codec === this.first) || (form !== 'untyped' && codec === this.#typed)
    );
  }

  /** A kept publication for connections that cannot read it as it is. Throws what the codec throws. */
  translate(message: string | Uint8Array, codec: Codec): string | Uint8Array {
    const packet = this.decodePublication(message);
    if (packet === message) throw new InvalidMessageError('A publication of the broker is no JSON');
    return this.encodeForAll(Object(packet), codec);
  }

  /** A packet with what others have said, for connections that speak `codec`. Throws what the codec throws. */
  encodeForAll(packet: object, codec: Codec): string | Uint8Array {
    return this.#isOdd(packet, codec)
      ? JSON.stringify(packet, replaceForAll)
      : toMessage(codec.encode(packet));
  }

  /** The same for a part of a packet: what can be sent in its place. */
  fitForAll<Value extends object>(value: Value, codec: Codec): Value {
    return this.#isOdd(value, codec) ? JSON.parse(JSON.stringify(value, replaceForAll)) : value;
  }

  /** Whether something in it may be lost, or fail the rest, for connections that have no types and could have. */
  #isOdd(value: object, codec: Codec): boolean {
    return codec === this.first && this.#typed !== undefined && needsReplacer(value);
  }
}

/** Replacer for what plain JSON loses. Big integers are text, as in errors: one subscriber must not fail the others. */
function replaceForAll(this: UnknownRecord, key: string, value: unknown): unknown {
  const own = this[key];
  return typeof own === 'bigint' ? String(own) : replaceBinary.call(this, key, value);
}
