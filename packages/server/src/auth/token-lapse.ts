/** The rules of verification that concern the end of a token. */
export interface LapseRules {
  ignoreExpiration?: boolean;
  /** Seconds by which clocks may differ. */
  clockTolerance?: number;
}

/**
 * When a token lapses, in ms since the epoch, under the rules of verification in force; `Infinity` for one
 * that does not. What lets a token in and what ends it must agree: otherwise a socket would lose a token
 * that it may present again.
 */
export function lapsesAtMs(
  token: { exp?: unknown } | null,
  { ignoreExpiration, clockTolerance = 0 }: LapseRules,
): number {
  const exp = token?.exp;
  if (ignoreExpiration || typeof exp !== 'number' || Number.isNaN(exp)) {
    return Number.POSITIVE_INFINITY;
  }
  return (exp + clockTolerance) * 1_000;
}
