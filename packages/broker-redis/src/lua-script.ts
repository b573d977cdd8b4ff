import { createHash } from 'node:crypto';

/** A script and the name that Redis gives it once it is loaded. */
export interface LuaScript {
  readonly text: string;
  readonly sha: string;
}

export function createScript(text: string): LuaScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
