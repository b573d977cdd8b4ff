import { PassThrough, Transform, type TransformCallback } from 'node:stream';
import type { BrokerKind } from '../support/server-process.js';

/** One message of a broker's protocol in a buffer. */
interface Frame {
  /** Where the next one begins. */
  readonly end: number;
  /** It is a publication of a recoverable channel, on its way to a server that follows the channel. */
  readonly isLive: boolean;
}

/** The frame that begins at `start`; undefined until it is complete. */
type FindFrame = (buffer: Buffer, start: number) => Frame | undefined;

const lineEnd = '\r\n';

/** https://docs.nats.io/reference/reference-protocols/nats-protocol: a line, after some a payload whose size ends the line. */
function natsFrame(buffer: Buffer, start: number): Frame | undefined {
  const line = buffer.indexOf(lineEnd, start);
  if (line === -1) return undefined;
  const words = buffer.toString('latin1', start, line).split(' ');
  if (words[0] !== 'MSG' && words[0] !== 'HMSG') return { end: line + 2, isLive: false };
  const end = line + 2 + Number(words.at(-1)) + 2;
  return end <= buffer.length ? { end, isLive: words[1]!.includes('.live.') } : undefined;
}

/** https://redis.io/docs/latest/develop/reference/protocol-spec, RESP2 and RESP3. */
function redisFrame(buffer: Buffer, start: number): Frame | undefined {
  const end = respEnd(buffer, start);
  if (end === undefined) return undefined;
  const head = buffer.toString('latin1', start, Math.min(end, start + 256));
  const isLive = /^[*>]3\r\n\$7\r\nmessage\r\n/.test(head) && head.includes('}:live\r\n');
  return { end, isLive };
}

/** Values that follow the line with the count, per count. */
const respChildren: Readonly<Record<string, number>> = { '*': 1, '>': 1, '~': 1, '%': 2 };

function respEnd(buffer: Buffer, start: number): number | undefined {
  const line = buffer.indexOf(lineEnd, start);
  if (line === -1) return undefined;
  const kind = String.fromCharCode(buffer[start]!);
  const count = Number(buffer.toString('latin1', start + 1, line));
  let end: number | undefined = line + 2;
  if (kind === '$' && count >= 0) {
    end += count + 2;
    return end <= buffer.length ? end : undefined;
  }
  for (let left = (respChildren[kind] ?? 0) * count; left > 0 && end !== undefined; left--) {
    end = respEnd(buffer, end);
  }
  return end;
}

/** A broker that is not here has no messages that could get lost. */
const findFrame: Partial<Record<BrokerKind, FindFrame>> = { nats: natsFrame, redis: redisFrame };

/** Decides what gets lost on the way from the broker to one server. */
export class Lossy {
  dropped = 0;
  /** Whether to drop the next live entry. */
  drops: () => boolean = () => false;

  /** For one connection: passes everything on, except the live entries that are dropped. */
  filter(kind: BrokerKind): Transform {
    const find = findFrame[kind];
    if (!find) return new PassThrough();
    let rest: Buffer = Buffer.alloc(0);
    const transform = (chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) => {
      const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const kept: Buffer[] = [];
      let at = 0;
      for (let frame = find(buffer, at); frame !== undefined; frame = find(buffer, at)) {
        if (frame.isLive && this.drops()) this.dropped++;
        else kept.push(buffer.subarray(at, frame.end));
        at = frame.end;
      }
      rest = buffer.subarray(at);
      done(null, Buffer.concat(kept));
    };
    return new Transform({ transform });
  }
}
