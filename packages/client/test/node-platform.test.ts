import { expect, it, vi } from 'vitest';
import { create } from '../src/index.js';
import { platform } from '../src/platform/node.js';

const opened: unknown[][] = [];
vi.mock('ws', () => ({
  default: class {
    constructor(...args: unknown[]) {
      opened.push(args);
    }
    on() {}
  },
}));

it('P1.3 gives ws its options, with the shorthand for one of them, and no sub-protocol', () => {
  const wsOptions = Object.freeze({ headers: {}, rejectUnauthorized: true });
  for (const rejectUnauthorized of [undefined, false]) {
    const { options } = create({ autoConnect: false, wsOptions, rejectUnauthorized });
    platform.createWebSocket('wss://x', options);
  }
  expect(opened).toEqual([
    ['wss://x', { closeTimeout: 5_000, headers: {}, rejectUnauthorized: true }],
    ['wss://x', { closeTimeout: 5_000, headers: {}, rejectUnauthorized: false }],
  ]);
});

it('replaces the scheme', () => {
  const { options } = create({ autoConnect: false, port: 9, protocolScheme: 'wss' });
  expect(platform.address(options)).toBe('wss://localhost:9');
});
