import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { quietPeers } from './support/quiet-peers.js';

const noise = `console.warn('printed'); process.emitWarning('old', 'DeprecationWarning');`;

function runAs(filename: string): void {
  new Script(noise, { filename }).runInThisContext();
}

test('what published packages print is dropped, all else is kept', () => {
  const { warn } = console;
  const { emitWarning } = process;
  const seen: unknown[] = [];
  console.warn = (text) => seen.push(text);
  process.emitWarning = (text) => seen.push(text);
  try {
    quietPeers();
    runAs('/home/peers/node_modules/noisy/index.js');
    expect(seen).toEqual([]);
    runAs('/home/packages/client/src/index.js');
    expect(seen).toEqual(['printed', 'old']);
  } finally {
    console.warn = warn;
    process.emitWarning = emitWarning;
  }
});
