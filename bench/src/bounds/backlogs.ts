import { Child } from '../control/child.js';

/** How long, and how small the server's heap is. */
export interface BacklogFlood {
  readonly seconds: number;
  readonly heapMib: number;
  /** Names of the floods; default: all. */
  readonly only?: readonly string[];
}

/** What a flood has left of the server. */
export interface BacklogFigures {
  /** Calls of an uninvolved client that were answered, and the time that the slowest took. */
  readonly calls: number;
  readonly worstMs: number;
  /** At its highest, in MiB. */
  readonly heapMib: number;
  readonly backlogMib: number;
  readonly limits: Readonly<Record<string, number>>;
}

/**
 * Floods every stream of a server whose application lags behind, with an eager and a hostile client for each
 * kind. Rejects when the server's process ends.
 */
export async function floodBacklogs(options: BacklogFlood): Promise<BacklogFigures> {
  const { seconds, heapMib, only } = options;
  const server = await Child.start('bounds/lagging-server.js', [], { heapMib });
  const clients = await Child.start('bounds/eager-clients.js', [], {});
  const bystander = await Child.start('bounds/eager-clients.js', [], {});
  const timeoutMs = (seconds + 60) * 1_000;
  let highest = { heapBytes: 0, backlogBytes: 0 };
  const watch = setInterval(async () => {
    const { heapBytes, backlogBytes } = await server
      .call<typeof highest>('stats')
      .catch(() => highest);
    highest = {
      heapBytes: Math.max(highest.heapBytes, heapBytes),
      backlogBytes: Math.max(highest.backlogBytes, backlogBytes),
    };
  }, 100);
  try {
    const port = await server.call<number>('port');
    // The bystander is there first: a server that lags need not have new clients.
    const calling = bystander.call<{ calls: number; worstMs: number }>(
      'call',
      { port, seconds },
      timeoutMs,
    );
    const flooding = clients.call('flood', { port, seconds, only }, timeoutMs);
    const [{ calls, worstMs }] = await Promise.race([
      Promise.all([calling, flooding]),
      server.ended(),
    ]);
    const { limits } = await server.call<{ limits: Record<string, number> }>('stats');
    return {
      calls,
      worstMs,
      heapMib: highest.heapBytes / 2 ** 20,
      backlogMib: highest.backlogBytes / 2 ** 20,
      limits: Object.fromEntries(Object.entries(limits).filter(([, count]) => count > 0)),
    };
  } finally {
    clearInterval(watch);
    await bystander.stop();
    await clients.stop();
    await server.stop();
  }
}

const SECONDS = 60;
const HEAP_MIB = 512;

/** A minute of it on a heap of 512 MB: the process is alive, and a bystander is served. */
export async function printBacklogs(): Promise<boolean> {
  const figures = await floodBacklogs({ seconds: SECONDS, heapMib: HEAP_MIB });
  const { calls, worstMs, heapMib, backlogMib, limits } = figures;
  console.log(
    `backlogs: ${SECONDS} s of floods into every stream of a server that lags, on a heap of ${HEAP_MIB} MiB: ` +
      `heap at most ${heapMib.toFixed(0)} MiB, what waited at most ${backlogMib.toFixed(0)} MiB; a bystander ` +
      `had ${calls} calls answered, the slowest in ${worstMs.toFixed(0)} ms; limits reached ` +
      JSON.stringify(limits),
  );
  return calls > SECONDS;
}
