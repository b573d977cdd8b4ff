import type { Child } from '../control/child.js';
import type { LoadParams } from '../load/load.js';
import type { LoadName } from '../load/main.js';
import type { Subject } from '../subjects.js';

/** The same work, as each of the two is asked for it. */
export interface Work {
  /** Messages a second. */
  rate: number;
  /** Of `asyngular bench`: the scenario and its options. */
  args: string[];
  /** Of this benchmark. */
  load: LoadName;
  params: LoadParams;
}

/** A server that both load in turn, so that they meet the same process with the same compiled code. */
export interface Target {
  subject: Subject;
  server: Child;
  port: number;
}

/** What one run of either shows. */
export interface Measured {
  /** CPU time of the server for each delivery or answer. */
  cpuMicros: number;
  /** How late messages left, ms (p99): a load that is late sends several at once, which costs less. */
  lateMs: number;
}
