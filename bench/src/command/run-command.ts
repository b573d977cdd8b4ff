import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canPin } from '../control/child.js';
import { withChildren } from '../control/with-children.js';
import type { Subject } from '../subjects.js';

/** What one run of `asyngular bench` says. */
export interface Measured {
  /** CPU time of the server for each delivery or answer. */
  cpuMicros: number;
  lost: number;
  /** ms from the time a message was due. */
  p50: number;
  p99: number;
}

/** What the command is asked for. */
export interface Work {
  /** The scenario and its options. */
  args: string[];
  /** Messages a second. */
  rate: number;
}

/** How much more is asked of a server before it is measured. */
const WARM_UP = 2;

const command = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
const execute = promisify(execFile);

/** Runs the command against a server of its own, each on a core as in the other benchmarks. */
export function measureByCommand(
  subject: Subject,
  { args, rate }: Work,
  seconds: number,
): Promise<Measured> {
  return withChildren(async (start) => {
    const { module, dialect } = subject.server!;
    const server = await start('servers/main.js', [module], { core: 0 });
    const port = await server.call<number>('port');
    const run = async (rate: number) => {
      const all = [
        ...[command, 'bench', ...args, '-r', String(rate), '-d', String(seconds)],
        ...['-u', `ws://127.0.0.1:${port}`, '--protocol', dialect, '--processes', '1'],
        ...['--server-pid', String(server.pid), '--patience', '1000', '--json'],
      ];
      return JSON.parse(await outputOf(all));
    };
    // At a higher rate, so that the code is compiled when it counts.
    await run(rate * WARM_UP);
    const { server: counters, messages, latency } = await run(rate);
    return {
      cpuMicros: (counters.process_cpu_ms * 1_000) / messages.received,
      lost: messages.lost,
      p50: latency.p50,
      p99: latency.p99,
    };
  });
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
