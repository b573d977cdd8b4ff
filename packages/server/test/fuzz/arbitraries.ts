import fc from 'fast-check';

/** Names that hurt programs which keep things in plain objects, and those of the protocol. */
const names = [
  '#handshake',
  '#authenticate',
  '#removeAuthToken',
  '#setAuthToken',
  '#subscribe',
  '#unsubscribe',
  '#publish',
  '#kickOut',
  '#disconnect',
  '#presence',
  '#',
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'echo',
  'note',
  'fail',
  'news',
];

const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.nat(1_200).map((length) => 'n'.repeat(length)) },
);

const json = fc.jsonValue({ maxDepth: 3, depthSize: 'small' });

const number = fc.oneof(
  fc.nat(20),
  fc.constantFrom(-1, 0.5, 2 ** 53, 1e308, -0),
  fc.constantFrom('1', null, true, [], {}),
);

const channelData = fc.oneof(
  fc.record({ channel: fc.oneof(name, json), data: json, waitForAuth: json }, { requiredKeys: [] }),
  name,
  json,
);

const token = fc.oneof(
  fc.constantFrom('a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJIUzI1NiJ9.e30.x', '..', null),
  fc.string({ maxLength: 40 }),
);

/** Packets: well-formed ones, and ones of which something is missing or of another kind. */
export const packet = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        event: fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: json }),
        data: fc.oneof(json, channelData, token, fc.record({ authToken: token })),
        cid: number,
      },
      { requiredKeys: ['event'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ rid: number, data: json, error: json }, { requiredKeys: ['rid'] }),
  },
  { weight: 1, arbitrary: json },
);

const text = fc.oneof(
  { weight: 10, arbitrary: packet.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: fc.array(packet, { maxLength: 6 }).map((all) => JSON.stringify(all)) },
  { weight: 1, arbitrary: fc.constantFrom('', '#1', '#2', '[]', '{}', 'null', '[[', '{"event"') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.nat(1_500).map((depth) => `${'['.repeat(depth)}1${']'.repeat(depth)}`),
  },
  {
    weight: 1,
    // A member named __proto__ exists in JSON only.
    arbitrary: json.map((value) => `{"event":"note","__proto__":${JSON.stringify(value)}}`),
  },
);

/** How bytes are broken: at a place (a share of the length), what happens there. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('flip', 'drop', 'insert', 'cut', 'repeat'),
  byte: fc.nat(255),
});

/** One message on its way: a frame of this first byte around the text, perhaps broken. */
export const message = fc.record({
  text,
  firstByte: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0x81) },
    { weight: 3, arbitrary: fc.constant(0x82) },
    { weight: 1, arbitrary: fc.nat(255) },
  ),
  damages: fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(damage, { minLength: 1, maxLength: 3 }) },
  ),
  /** Broken inside the payload, so that the frame stays whole; or anywhere. */
  insideOnly: fc.boolean(),
});

export type FuzzMessage = typeof message extends fc.Arbitrary<infer T> ? T : never;

/** What one connection sends: with a handshake first, mostly. */
export const conversation = fc.record({
  shakesHands: fc.oneof(
    { weight: 15, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  messages: fc.array(message, { minLength: 1, maxLength: 30 }),
});

export type Conversation = typeof conversation extends fc.Arbitrary<infer T> ? T : never;
