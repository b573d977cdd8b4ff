import { InvalidMessageError, ResourceLimitError } from '@asyngular/errors';
import { decodeBase64 } from './base64.js';
import { bytesOf, replaceBinary } from './binary-placeholders.js';
import { isDeeperThan } from './json-depth.js';
import { needsReplacer } from './json-walk.js';
import { isRecord, type UnknownRecord } from './own.js';

/**
 * Turns packets (or batches: arrays of packets) into messages and back. Both ends of a connection
 * must use the same one. Heartbeats and `send()` bypass it. Source: docs/protocol.md P8.
 */
export interface Codec {
  /** Encodes one packet or batch; throws when it cannot be represented, and then nothing is sent. */
  encode(packet: unknown): string | Uint8Array | ArrayBuffer;
  /** Decodes one message; a value that is no packet surfaces as a raw message. May throw. */
  decode(message: string | Uint8Array | ArrayBuffer): unknown;
  /**
   * Names the extension of the handshake, such as `codec:msgpack`, with which both ends agree to change to this codec: a
   * connection begins with JSON, and stays with it where the other end does not name it. Such a codec keeps the types of
   * P17.2. Without a name (default) the codec is used from the first message on, and the other end has to use it, too.
   * Source: docs/protocol.md P17.
   */
  readonly extension?: string;
}

/** Options of `createJsonCodec`. */
export interface JsonCodecOptions {
  /** Levels of arrays and objects that `decode` accepts (default 1,000); deeper throws `ResourceLimitError`. */
  maxDepth?: number;
  /** Turn received binary placeholders into `Uint8Array`s (default false: peers expect the object, P8.5). */
  decodeBinary?: boolean;
}

const DEFAULT_MAX_DEPTH = 1000;

// Fatal: bytes that are not UTF-8 must stay binary instead of becoming text with holes (RFC 6455 §8.1).
let utf8: TextDecoder | undefined;

/** What a codec for messages of strangers is made of. */
export interface TextCodecParts {
  /** Replacer for what plain JSON loses. */
  readonly replace: (this: UnknownRecord, key: string, value: unknown) => unknown;
  /** Makes the value of JSON text; what it throws makes the message a raw one, except `ResourceLimitError`. */
  readonly parse: (text: string) => unknown;
  readonly maxDepth: number | undefined;
}

/**
 * Creates a codec for servers: what `jsonCodec` does, ready for messages of strangers, faster on packets without
 * binary data, and with options. A server that is given it writes dates and the like as JSON does, without their types.
 * `encode` is plain `JSON.stringify` unless binary data occurs, which becomes `{base64:true,data}`; it throws what
 * `JSON.stringify` throws (cycles, BigInt). `decode` returns text that is not a JSON object or array as it is, and never
 * throws on text except `ResourceLimitError` (close code 1008) for nesting beyond `maxDepth`.
 */
export function createJsonCodec(options: JsonCodecOptions = {}): Codec {
  const { maxDepth, decodeBinary = false } = options;
  return createTextCodec({
    replace: replaceBinary,
    parse: (text) =>
      JSON.parse(text, decodeBinary && text.includes('base64') ? restoreBinary : undefined),
    maxDepth,
  });
}

export function createTextCodec({
  replace,
  parse,
  maxDepth = DEFAULT_MAX_DEPTH,
}: TextCodecParts): Codec {
  return {
    encode: (packet) => encodeJson(packet, replace),
    decode(message) {
      const text = typeof message === 'string' ? message : textOf(message);
      if (text === undefined) {
        return message;
      }
      if (isDeeperThan(text, maxDepth)) {
        throw new ResourceLimitError(
          `Message nests deeper than ${maxDepth} levels; flatten it, or raise the codec's maxDepth`,
        );
      }
      try {
        const value = parse(text);
        return typeof value === 'object' && value ? value : message;
      } catch (error) {
        if (error instanceof ResourceLimitError) {
          throw error;
        }
        return message ?? null;
      }
    },
  };
}

function encodeJson(packet: unknown, replace: TextCodecParts['replace']): string {
  // The heartbeats of version 1 are not JSON (P11.2).
  if (packet === '#1' || packet === '#2') {
    return packet;
  }
  const json =
    typeof packet === 'object' && packet && needsReplacer(packet)
      ? JSON.stringify(packet, replace)
      : JSON.stringify(packet);
  // A toJSON may return undefined, which has no JSON.
  if (json === undefined) {
    throw new InvalidMessageError(
      `A value of type ${typeof packet} has no JSON form; send null, or a packet object`,
    );
  }
  return json;
}

/** Bytes as text if they are UTF-8. */
function textOf(message: unknown): string | undefined {
  try {
    utf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return utf8.decode(bytesOf(message)!);
  } catch {
    return undefined;
  }
}

/** Reviver of JSON.parse: placeholders become `Uint8Array`s; those with bad base64 stay as they are. */
function restoreBinary(_key: string, value: unknown): unknown {
  if (!isRecord(value) || value.base64 !== true || typeof value.data !== 'string') {
    return value;
  }
  return (Object.keys(value).length === 2 && decodeBase64(value.data)) || value;
}
