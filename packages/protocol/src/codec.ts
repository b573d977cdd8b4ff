import { InvalidMessageError, ResourceLimitError } from '@asyngular/errors';
import { decodeBase64 } from './base64.js';
import { bytesOf, replaceBinary } from './binary-placeholders.js';
import { mayHoldBinary } from './binary-walk.js';
import { isDeeperThan } from './json-depth.js';
import { isRecord } from './own.js';

/**
 * Turns packets (or batches: arrays of packets) into messages and back. Both ends of a connection
 * must use the same one. Heartbeats and `send()` bypass it. Source: docs/protocol.md P8.
 */
export interface Codec {
  /** Encodes one packet or batch; throws when it cannot be represented, and then nothing is sent. */
  encode(packet: unknown): string | Uint8Array | ArrayBuffer;
  /** Decodes one message; a value that is no packet surfaces as a raw message. May throw. */
  decode(message: string | Uint8Array | ArrayBuffer): unknown;
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

/**
 * Creates the server's default codec: what `jsonCodec` does, ready for messages of strangers, faster on packets without
 * binary data, and with options. `encode` is plain `JSON.stringify` unless binary data occurs, which
 * becomes `{base64:true,data}`; it throws what `JSON.stringify` throws (cycles, BigInt). `decode`
 * returns text that is not a JSON object or array as it is, and never throws on text except
 * `ResourceLimitError` (close code 1008) for nesting beyond `maxDepth`.
 */
export function createJsonCodec(options: JsonCodecOptions = {}): Codec {
  const { maxDepth = DEFAULT_MAX_DEPTH, decodeBinary = false } = options;

  return {
    encode: encodeJson,
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
        const value: unknown = JSON.parse(
          text,
          decodeBinary && text.includes('base64') ? restoreBinary : undefined,
        );
        return typeof value === 'object' && value ? value : message;
      } catch {
        return message ?? null;
      }
    },
  };
}

function encodeJson(packet: unknown): string {
  // The heartbeats of version 1 are not JSON (P11.2).
  if (packet === '#1' || packet === '#2') {
    return packet;
  }
  const json =
    typeof packet === 'object' && packet && mayHoldBinary(packet)
      ? JSON.stringify(packet, replaceBinary)
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
