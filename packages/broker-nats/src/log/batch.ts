/**
 * Publications of one channel that leave together are one message of its stream: stored, acknowledged and announced
 * once. It begins with a byte that no envelope begins with; then come the envelopes, each behind its length.
 */
const FIRST_BYTE = 0xb1;
const LENGTH_BYTES = 4;

/** Publications of one message at most. Positions have room for as many, so it cannot change while streams exist. */
export const MAX_BATCH = 16;

/** What a message holds of these envelopes; one alone stays as it is. */
export function encodeBatch(envelopes: readonly Uint8Array[]): Uint8Array {
  const [only] = envelopes;
  if (only && envelopes.length === 1) return only;
  const size = envelopes.reduce((sum, envelope) => sum + batchBytes(envelope), 1);
  const batch = Buffer.allocUnsafe(size);
  let at = batch.writeUInt8(FIRST_BYTE);
  for (const envelope of envelopes) {
    at = batch.writeUInt32BE(envelope.byteLength, at);
    batch.set(envelope, at);
    at += envelope.byteLength;
  }
  return batch;
}

/** Bytes that an envelope adds to a batch. */
export function batchBytes(envelope: Uint8Array): number {
  return LENGTH_BYTES + envelope.byteLength;
}

/** The envelopes of a message. What is not well-formed counts as one publication, which nobody can read. */
export function decodeBatch(data: Uint8Array): readonly Uint8Array[] {
  if (data[0] !== FIRST_BYTE) return [data];
  const batch = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const envelopes: Uint8Array[] = [];
  for (let at = 1; at < batch.byteLength; ) {
    if (at + LENGTH_BYTES > batch.byteLength || envelopes.length === MAX_BATCH) return [data];
    const start = at + LENGTH_BYTES;
    at = start + batch.readUInt32BE(at);
    if (at > batch.byteLength) return [data];
    envelopes.push(batch.subarray(start, at));
  }
  return envelopes.length > 1 ? envelopes : [data];
}
