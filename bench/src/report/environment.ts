import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { canPin } from '../control/child.js';
import { payloadJson } from '../payload.js';
import { type Subject, subjectVersions } from '../subjects.js';

/** Everything that the numbers depend on. */
export interface Environment {
  date: string;
  node: string;
  cpu: string;
  cores: number;
  kernel: string;
  commit: string;
  pinned: boolean;
  seconds: number;
  rounds: number;
  payloadBytes: number;
  versions: Record<string, string>;
}

export function describeEnvironment(
  subjects: Subject[],
  { seconds, rounds }: { seconds: number; rounds: number },
): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    commit: currentCommit(),
    pinned: canPin,
    seconds,
    rounds,
    payloadBytes: Buffer.byteLength(payloadJson),
    versions: Object.assign({}, ...subjects.map((subject) => subjectVersions(subject))),
  };
}

/** The short hash, with `+` when the tree has uncommitted changes; empty outside a repository. */
function currentCommit(): string {
  const git = (...args: string[]) => {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  };
  try {
    const dirty = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short', 'HEAD').trim() + (dirty ? '+' : '');
  } catch {
    return '';
  }
}
