import { expect, it } from 'vitest';
import { describePacket, oneLine } from '../src/packet-trace.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYW5uIn0.c2lnbmF0dXJl';

it.each([
  [{ event: 'say', data: { text: 'hi' } }, 'say: {"text":"hi"}'],
  [{ event: 'sum', data: [1, 2], cid: 7 }, 'call 7 sum: [1,2]'],
  [{ event: 'ping' }, 'ping: nothing'],
  [{ rid: 7, data: 3 }, 'answer to call 7: 3'],
  [{ rid: 7 }, 'answer to call 7: nothing'],
  [{ rid: 7, error: { name: 'Error' } }, 'answer to call 7, an error: {"name":"Error"}'],
  ['hello', 'no packet: "hello"'],
  [{ event: 'big', data: { n: 5n } }, 'big: {"n":"5"}'],
])('%o in one line', (packet, line) => {
  expect(describePacket(packet)).toBe(line);
});

it.each([
  { event: '#authenticate', data: jwt, cid: 1 },
  { event: '#handshake', data: { authToken: jwt }, cid: 1 },
  { event: '#setAuthToken', data: { token: jwt } },
  { event: 'login', data: `Bearer ${jwt}` },
  { event: 'login', data: { name: 'Ann', passwordHash: jwt.slice(-12), accessToken: jwt } },
  { rid: 1, data: { headers: { Authorization: jwt } } },
])('%o shows no part of a token', (packet) => {
  const line = describePacket(packet);
  expect(line).toContain('[hidden]');
  for (const part of jwt.split('.')) expect(line).not.toContain(part);
});

it('cuts long payloads and never breaks the line', () => {
  const line = describePacket({ event: 'a\nb\u001b\u202e[31m', data: 'x'.repeat(5_000) });
  expect(line).toMatch(/^a b \[31m: "x{199}… \(5002 characters\)$/);
});

it('never throws', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const hostile = {
    toJSON() {
      throw new Error('no');
    },
  };
  expect(describePacket({ event: 'a', data: circle })).toContain('a: [unreadable: TypeError');
  expect(describePacket({ event: 'a', data: hostile })).toBe('a: [unreadable: Error: no]');
  expect(oneLine('')).toBe('');
});
