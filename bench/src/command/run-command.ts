import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canPin } from '../control/child.js';
import type { Measured, Target, Work } from './work.js';

/** What only the command says, because its load is open and has an account of each message. */
export interface MeasuredByCommand extends Measured {
  lost: number;
  /** ms from the time a message was due. */
  p50: number;
  p99: number;
}

const command = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
const execute = promisify(execFile);

/** Loads the server by `asyngular bench`, on the core that the other load has, too. */
export async function measureByCommand(
  { subject, server, port }: Target,
  { args, rate }: Work,
  seconds: number,
): Promise<MeasuredByCommand> {
  const all = [
    ...[command, 'bench', ...args, '-r', String(rate), '-d', String(seconds)],
    ...['-u', `ws://127.0.0.1:${port}`, '--protocol', subject.server!.dialect, '--processes', '1'],
    ...['--server-pid', String(server.pid), '--patience', '1000', '--json'],
  ];
  const { server: counters, messages, latency, generator } = JSON.parse(await outputOf(all));
  return {
    cpuMicros: (counters.process_cpu_ms * 1_000) / messages.received,
    lateMs: generator.lateness.p99,
    lost: messages.lost,
    p50: latency.p50,
    p99: latency.p99,
  };
}

/** What the command prints, also when it ends with a code that says that its generator was late. */
async function outputOf(args: string[]): Promise<string> {
  try {
    const [file, ...pin] = canPin ? ['taskset', '-c', '1', process.execPath] : [process.execPath];
    return (await execute(file!, [...pin, ...args])).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (stdout) return stdout;
    throw new Error(`asyngular bench failed: ${stderr}`, { cause: error });
  }
}
