import { readFile } from 'node:fs/promises';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { scrape } from '../metrics/scrape.js';

/** Where the server's side of a run is read. */
export interface CounterSources {
  /** Its metrics endpoint. */
  readonly metrics?: string;
  /** Its process, if it runs on this machine. */
  readonly serverPid?: number;
}

/** Counters of the server by name. */
export type ServerCounters = Readonly<Record<string, number>>;

/** CPU time of the server's process, user and system, in ms. */
export const CPU_COUNTER = 'process_cpu_ms';

/** What has been counted so far. */
export async function readCounters({
  metrics,
  serverPid,
}: CounterSources): Promise<ServerCounters> {
  return {
    ...(metrics !== undefined && (await readMetrics(metrics))),
    ...(serverPid !== undefined && { [CPU_COUNTER]: await readCpuMs(serverPid) }),
  };
}

/** Counters of ours only: gauges have no difference that means something. Labels are summed up. */
async function readMetrics(url: string): Promise<ServerCounters> {
  const sums: Record<string, number> = {};
  for (const { name, value } of await scrape(url)) {
    if (!/^asyngular_.*_total$/.test(name)) continue;
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** Ticks of the clock in which Linux counts: the same on all systems of today. */
const TICKS_PER_SECOND = 100;

async function readCpuMs(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may have spaces. proc(5): utime is 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
  } catch (error) {
    throw new CommandError(
      exitCodes.usage,
      `The CPU time of process ${pid} cannot be read (${(error as Error).message}); --server-pid works on Linux, for a process of this machine`,
      { cause: error },
    );
  }
}

/** What has been added between two readings. A counter is not there before it has counted. */
export function difference(before: ServerCounters, after: ServerCounters): ServerCounters {
  const added = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]);
  return Object.fromEntries(added);
}
