import { InvalidOptionsError } from '@asyngular/errors';
import type { Codec } from '@asyngular/protocol';
import { bytesOf, createBoundedReader } from '@asyngular/protocol/internal';
import { Packr } from 'msgpackr';
import { inspect } from './inspect.js';
import { isPackable, toPackable } from './packable.js';

/** Options of `msgpackCodec`. */
export interface MsgpackCodecOptions {
  /** Levels of arrays and maps in one message; deeper throws `ResourceLimitError`. Default 1,000. */
  maxDepth?: number;
  /**
   * Numbers among the keys of one map or the members of one set, a big integer counting as ten; a message with more throws
   * `ResourceLimitError`, as does one with more than ten such maps or sets, which a client sees as an `error` event. Reading them can take seconds when somebody has chosen
   * them for that, so that a server should keep the default, 1,000; a client that trusts its server may say `Infinity`.
   */
  maxNumericKeys?: number;
}

/**
 * Creates a codec for the option `codecEngine` of both ends. Clients and servers that both have it change to MessagePack
 * after the handshake; others go on in JSON. Messages are binary, and dates, bytes, maps, sets, big integers, `undefined`
 * and all numbers survive. `decode` returns what is no MessagePack as it came, so that it surfaces as a raw message.
 * Throws `InvalidOptionsError` for limits that are no positive numbers. Source: docs/protocol.md P17.8.
 */
export function msgpackCodec({
  maxDepth = 1_000,
  maxNumericKeys = 1_000,
}: MsgpackCodecOptions = {}): Codec {
  assertLimits({ maxDepth, maxNumericKeys });
  // Records would be smaller, but they are msgpackr's own, and reading them runs code that it makes of their names.
  const packr = new Packr({
    useRecords: false,
    variableMapSize: true,
    copyBuffers: true,
  } as object);
  const read = createBoundedReader(maxNumericKeys, {
    $buffer: ['object', (content: unknown) => bytesOf(content)!.slice().buffer],
  });

  return {
    extension: 'codec:msgpack',
    encode: (packet) => packr.pack(isPackable(packet) ? packet : toPackable(packet)),
    decode(message) {
      const bytes = typeof message === 'string' ? undefined : bytesOf(message);
      const content = bytes && inspect(bytes, maxDepth);
      if (bytes === undefined || content === undefined) {
        return message;
      }
      const value: unknown = packr.unpack(bytes);
      return content.mayHaveTags ? read(value) : value;
    },
  };
}

function assertLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (!(limit > 0)) {
      throw new InvalidOptionsError(
        `The option ${name} of msgpackCodec() is ${limit}; it must be a positive number`,
      );
    }
  }
}
