// What a codec costs: bytes on the wire and CPU per packet, beside JSON. npm run bench:codecs -- [rounds]
import { msgpackCodec } from '@asyngular/codec-msgpack';
import { type Codec, createJsonCodec } from '@asyngular/protocol';
import { createTypedJsonCodec } from '@asyngular/protocol/internal';

const codecs: Readonly<Record<string, Codec>> = {
  'plain JSON': createJsonCodec(),
  'JSON with types': createTypedJsonCodec(),
  MessagePack: msgpackCodec(),
};

/** 128 bytes of JSON. */
const object = {
  id: 1_764_350,
  from: 'ada@example.com',
  room: 'lobby:general',
  text: 'Is anybody here this evening?',
  isEdited: false,
  likes: 3,
};

const payloads: Readonly<Record<string, unknown>> = {
  'object of 128 bytes': object,
  '4 KiB of bytes': Uint8Array.from({ length: 4_096 }, (_, index) => (index * 31) % 251),
  '100 numbers': Array.from({ length: 100 }, (_, index) => Math.round(Math.sin(index) * 1e6) / 1e3),
  '100 integers': Array.from({ length: 100 }, (_, index) => index * 37),
};

const rounds = Number(process.argv[2] ?? 7);
const ROUND_MS = 100;

/** CPU microseconds per run: the median of the rounds. */
function microsOf(run: () => unknown): number {
  const results: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    const end = performance.now() + ROUND_MS;
    let runs = 0;
    while (performance.now() < end) {
      for (let index = 0; index < 50; index++) run();
      runs += 50;
    }
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round > 0) results.push((user + system) / runs);
  }
  return results.sort((one, other) => one - other)[results.length >> 1]!;
}

console.log(`Node ${process.version}, ${rounds} rounds of ${ROUND_MS} ms each, medians\n`);
console.log('| data of a publication | codec | bytes | encode, µs | decode, µs |');
console.log('| --- | --- | --- | --- | --- |');
for (const [what, data] of Object.entries(payloads)) {
  for (const [name, codec] of Object.entries(codecs)) {
    const packet = { event: '#publish', data: { channel: 'news', data } };
    const message = codec.encode(packet);
    const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength;
    // Frames of text arrive as text, others as bytes.
    const received = typeof message === 'string' ? message : Buffer.from(message as Uint8Array);
    const encode = microsOf(() => codec.encode(packet));
    const decode = microsOf(() => codec.decode(received));
    console.log(`| ${what} | ${name} | ${bytes} | ${encode.toFixed(2)} | ${decode.toFixed(2)} |`);
  }
}
