import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { connected, pass, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

const names = [
  ...['#publish', '#kickOut', '#setAuthToken', '#removeAuthToken', '#interruption', '#disconnect'],
  ...['#handshake', '#subscribe', '__proto__', 'constructor', 'toString', '', 'call'],
];
const members = [
  ...['channel', 'data', 'message', 'token', 'since', 'until', 'reason', 'code', 'name', 'stack'],
  ...['id', 'isAuthenticated', 'authError', 'pingTimeout', '__proto__', 'constructor', 'toJSON'],
];

const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1, 1e308, '', 'c', 'a.b.c', '__proto__'),
    fc.array(tie('payload'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...members), tie('payload'), { maxKeys: 4 }),
  ),
}));

const packet = fc.oneof(
  fc.record(
    {
      event: fc.constantFrom<unknown>(...names, 5, null),
      data: payload,
      cid: fc.constantFrom<unknown>(1, 2, -1, 1e308, '3', null),
    },
    { requiredKeys: ['event'] },
  ),
  fc.record(
    { rid: fc.constantFrom<unknown>(1, 2, 3, 4, -1, 'x'), data: payload, error: payload },
    { requiredKeys: ['rid'] },
  ),
  payload,
);

const message = fc.oneof(
  packet.map((value) => JSON.stringify(value)),
  fc.array(packet, { maxLength: 5 }).map((batch) => JSON.stringify(batch)),
  fc.constantFrom('', '#1', '{"event":', '[', 'null', 'text', '['.repeat(10_000)),
);

it.each([1, 2] as const)(
  'P10.1 version %i: whatever a server sends, the socket works on',
  async (protocolVersion) => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        const { socket, server } = await connected({ protocolVersion });
        socket.subscribe('c');
        socket.procedure('call').createConsumer();
        const call = socket.invoke('first').then(
          () => 'settled',
          () => 'settled',
        );
        // The fake WebSocket is synchronous: what throws in the client throws here.
        for (const content of messages) server.last.emitMessage(content);
        await pass(50);
        expect(await call).toBe('settled');
        // Version 1 may have been told to go.
        socket.connect();
        await pass(50);
        const answer = socket.invoke('last', 1);
        await pass(50);
        expect(await answer).toEqual({ event: 'last', data: 1 });
        socket.disconnect();
        socket.killAllProcedures();
      }),
      { numRuns: 150 },
    );
  },
);
