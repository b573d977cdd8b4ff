import type { Stage } from './stage.js';

/** One row of the table: what it proves, in terms of docs/protocol.md, and how. */
export interface Duty {
  /** Ids of docs/protocol.md, space separated. */
  ids: string;
  /** Unique; the key of differences. */
  title: string;
  run(stage: Stage): Promise<void>;
}

export function duty(ids: string, title: string, run: Duty['run']): Duty {
  return { ids, title, run };
}
