import type { FuzzMessage } from './arbitraries.js';

/** A client frame with a mask of zeros, which leaves the payload readable. */
export function clientFrame(firstByte: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) {
    return Buffer.concat([Buffer.from([firstByte, 0x80 | length, 0, 0, 0, 0]), payload]);
  }
  const header = Buffer.alloc(8);
  header[0] = firstByte;
  header[1] = 0x80 | 126;
  header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}

/** The bytes of a message. */
export function bytesOf({ text, firstByte, damages, insideOnly }: FuzzMessage): Buffer {
  const payload = Buffer.from(text).subarray(0, 65_000);
  if (insideOnly) return clientFrame(firstByte, damaged(payload, damages));
  return damaged(clientFrame(firstByte, payload), damages);
}

function damaged(bytes: Buffer, damages: FuzzMessage['damages']): Buffer {
  let result = Buffer.from(bytes);
  for (const { at, kind, byte } of damages) {
    const index = Math.floor(at * result.length);
    const [before, after] = [result.subarray(0, index), result.subarray(index)];
    switch (kind) {
      case 'flip':
        if (index < result.length) result[index] = result[index]! ^ (byte || 1);
        break;
      case 'drop':
        result = Buffer.concat([before, after.subarray(1)]);
        break;
      case 'insert':
        result = Buffer.concat([before, Buffer.from([byte]), after]);
        break;
      case 'cut':
        result = Buffer.from(before);
        break;
      case 'repeat':
        result = Buffer.concat([result, after]);
        break;
    }
  }
  return result;
}
