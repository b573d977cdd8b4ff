import { headers, type Msg } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { readHeaders } from '../src/log/raw-headers.js';

const TEXT = 'NATS/1.0\r\nNats-Msg-Id: node.7\r\nNats-Sequence: 12\r\n\r\n';

/** A message whose data begins behind `before`, with the headers that the client has read from it. */
function messageBehind(before: string, names: Record<string, string> = {}): Msg {
  const bytes = Buffer.from(`${before}data`);
  const read = headers();
  for (const [name, value] of Object.entries(names)) read.set(name, value);
  return { data: bytes.subarray(bytes.length - 4), headers: read } as unknown as Msg;
}

describe('headers of a message', () => {
  it('are read where they lie', () => {
    const found = readHeaders(messageBehind(TEXT));
    expect(found.get('Nats-Msg-Id')).toBe('node.7');
    expect(found.get('Nats-Sequence')).toBe('12');
    expect(found.get('Sequence')).toBe('');
  });

  it('are those right before the data, whatever an earlier message says', () => {
    const earlier = 'NATS/1.0\r\nNats-Sequence: 99\r\nNats-Last-Sequence: 98\r\n\r\n';
    const found = readHeaders(messageBehind(`${earlier}${earlier}HMSG live 1\r\n${TEXT}`));
    expect(found.get('Nats-Sequence')).toBe('12');
    expect(found.get('Nats-Last-Sequence')).toBe('');
  });

  it('are those that the client has read when they lie elsewhere, or are very long', () => {
    const long = `NATS/1.0\r\nNats-Subject: ${'x'.repeat(5_000)}\r\nNats-Sequence: 1\r\n\r\n`;
    for (const before of ['', 'NATS/1.0\r\nNats-Sequence: 1\r\n\r\nmore', long]) {
      const found = readHeaders(messageBehind(before, { 'Nats-Sequence': '12' }));
      expect(found.get('Nats-Sequence')).toBe('12');
      expect(found.get('Nats-Msg-Id')).toBe('');
    }
  });
});
