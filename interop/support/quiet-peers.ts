const ours = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
const fromPeer = /[\\/]peers[\\/]node_modules[\\/]/;

let isQuiet = false;

function calledByPeer(): boolean {
  return fromPeer.test(new Error().stack ?? '');
}

/** Drops what published packages print and the deprecation warnings that they cause; ours stay. */
export function quietPeers(): void {
  if (isQuiet) return;
  isQuiet = true;
  for (const name of ours) {
    const print = console[name];
    console[name] = (...args: unknown[]) => {
      if (!calledByPeer()) print.apply(console, args);
    };
  }
  const emitWarning = process.emitWarning;
  process.emitWarning = ((...args: Parameters<typeof emitWarning>) => {
    if (!calledByPeer()) emitWarning.apply(process, args);
  }) as typeof emitWarning;
}
