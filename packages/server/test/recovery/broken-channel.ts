import { resolve } from 'node:path';
import { importWithMistake, type Mistake } from '../support/mistake.js';
import type { ChannelClass } from './model-server.js';

const entry = resolve(import.meta.dirname, '../../src/recovery/recoverable-channel.ts');

/** The class that everything hangs from, compiled from sources with a mistake in them. */
export async function withMistake(mistake: Mistake): Promise<ChannelClass> {
  const module = await importWithMistake(entry, {
    ...mistake,
    file: `recovery/${mistake.file}`,
  });
  return (module as { RecoverableChannel: ChannelClass }).RecoverableChannel;
}
