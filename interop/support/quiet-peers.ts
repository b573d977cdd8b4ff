const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
const fromPeer = /[\\/]peers[\\/]node_modules[\\/]/;

let isQuiet = false;

/** Whether a published package is among the callers: the direct one, or any of the innermost. */
function isCalledByPeer(depth: 'directly' | 'at all'): boolean {
  // Two frames are this file's.
  const callers = (new Error().stack ?? '').split('\n').slice(3);
  return callers.slice(0, depth === 'directly' ? 1 : undefined).some((line) => fromPeer.test(line));
}

/** Drops what published packages print and the deprecation warnings that they cause; ours stay. */
export function quietPeers(): void {
  if (isQuiet) return;
  isQuiet = true;
  for (const name of methods) {
    const print = console[name];
    console[name] = (...args: unknown[]) => {
      if (!isCalledByPeer('directly')) print.apply(console, args);
    };
  }
  const emitWarning = process.emitWarning;
  process.emitWarning = ((...args: Parameters<typeof emitWarning>) => {
    // Node's own code stands between the package and the warning.
    if (!isCalledByPeer('at all')) emitWarning.apply(process, args);
  }) as typeof emitWarning;
}
