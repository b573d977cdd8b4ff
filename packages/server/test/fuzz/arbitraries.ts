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
  '#history',
  '#credit',
  '#cancel',
  '#body',
  '#moving',
  '#reconnect',
  '#joined',
  '#position',
  '#interruption',
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
  'ticks',
  'upload',
];

/** Channels of every kind that the server has. */
const channels = ['news', 'log:1', 'room:1', 'count:1', '#user', '#fleet:x', '__proto__', '0', ''];

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

const channel = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...channels) },
  { weight: 1, arbitrary: name },
);

/** Members that the extensions give to data and packets, each of its own type or of any other. */
const position = fc.oneof(fc.constantFrom('', ':', '::', 'a:1', 'a:1:b', 'x'.repeat(129)), json);
const flag = fc.oneof(fc.constantFrom(true, false, null), json);
const state = fc.oneof(fc.constantFrom(null, '', 0, { big: 'x'.repeat(2_000) }), json);
const heard = fc.dictionary(channel, fc.oneof(fc.dictionary(fc.string(), number), json));

const extensionData = fc.oneof(
  fc.record(
    {
      channel,
      waitForAuth: flag,
      recover: position,
      away: number,
      rewind: number,
      mode: fc.constantFrom('reject', 'x', 0),
      presence: fc.oneof(fc.record({ state, watch: flag }, { requiredKeys: [] }), json),
    },
    { requiredKeys: ['channel'] },
  ),
  fc.record({ channel, data: json, id: position, except: flag }, { requiredKeys: ['channel'] }),
  fc.record(
    { channel, limit: number, before: position, after: position, order: flag },
    { requiredKeys: ['channel'] },
  ),
  fc.record(
    { channel, enter: state, update: state, leave: flag, watch: flag },
    { requiredKeys: ['channel'] },
  ),
  fc.record(
    { cid: number, rid: number, upTo: number, n: number, data: json, end: flag },
    { requiredKeys: [] },
  ),
  fc.record({ channels: fc.oneof(fc.array(channel), json), to: flag, heard }, { requiredKeys: [] }),
);

const tagged = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('$date', '$bytes', '$buffer', '$map', '$set', '$bigint', '$number', '$$map'),
      fc.oneof(json, fc.array(fc.tuple(json, json)), fc.constantFrom('NaN', '12', 'x', '====')),
    )
    .map((tag) => tag as unknown[]),
  fc.constant(['$undefined']),
);

/** What else an invoke may carry. */
const terms = fc.record(
  {
    credit: number,
    timeout: number,
    body: flag,
    trace: fc.oneof(fc.record({ traceparent: json, tracestate: json }), json),
    more: number,
    end: number,
    open: flag,
    ask: flag,
  },
  { requiredKeys: [] },
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
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.record(
          { event: name, data: fc.oneof(extensionData, tagged), cid: number },
          { requiredKeys: ['event', 'data'] },
        ),
        terms,
      )
      .map(([plain, more]) => ({ ...plain, ...more })),
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

/** Offers of every extension, with parameters that make sense and others. */
const offers = fc.record(
  {
    interruption: json,
    limits: fc.oneof(fc.constant({}), fc.record({ maxPayload: number, maxBatchLength: number })),
    presence: fc.oneof(
      fc.constant({}),
      fc.record({ client: fc.constantFrom('x'.repeat(22), 5), was: json }),
    ),
    people: fc.oneof(fc.constant({ id: 'fuzz' }), json),
    recovery: fc.constant({}),
    unhandled: fc.constant({}),
    stream: fc.constant({}),
    cancel: fc.constant({}),
    types: fc.constant({}),
    moving: fc.oneof(fc.constant({}), fc.constant({ from: 'x' }), json),
    trace: fc.constant({}),
    __proto__: json,
  },
  { requiredKeys: [] },
);

/** What one connection sends: with a handshake first, mostly, in which it offers extensions, mostly. */
export const conversation = fc.record({
  handshake: fc.oneof(
    { weight: 10, arbitrary: offers.map((ext) => ({ authToken: null, ext })) },
    { weight: 5, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  messages: fc.array(message, { minLength: 1, maxLength: 30 }),
});

export type Conversation = typeof conversation extends fc.Arbitrary<infer T> ? T : never;
