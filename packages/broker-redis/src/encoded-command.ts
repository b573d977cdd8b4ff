import { Command } from 'ioredis';
import type { ScriptArgument } from './redis-link.js';

/**
 * A command that is encoded here, in one pass. ioredis makes several texts and a buffer of each argument, which for the
 * many of a script costs more than everything else about an append.
 */
export class EncodedCommand extends Command {
  readonly #bytes: Buffer;

  constructor(name: string, args: readonly ScriptArgument[]) {
    super(name, [], { replyEncoding: null });
    this.#bytes = encodeCommand([name, ...args]);
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}

/** An array of bulk strings, as the Redis protocol (RESP) has it. */
function encodeCommand(parts: readonly ScriptArgument[]): Buffer {
  let text = `*${parts.length}\r\n`;
  const chunks: (string | Buffer)[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (typeof part === 'object') {
      text += `$${part.length}\r\n`;
      bytes += Buffer.byteLength(text) + part.length;
      chunks.push(text, part);
      text = '\r\n';
    } else {
      const argument = String(part);
      text += `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
    }
  }
  chunks.push(text);
  const result = Buffer.allocUnsafe(bytes + Buffer.byteLength(text));
  let at = 0;
  for (const chunk of chunks) {
    at += typeof chunk === 'string' ? result.write(chunk, at) : chunk.copy(result, at);
  }
  return result;
}
