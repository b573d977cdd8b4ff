/** What decides how fast a server's clients leave it; times in ms. */
export interface DrainFacts {
  readonly clients: number;
  /** Servers that stay, as far as is known; at least one is assumed, for without any it makes no difference. */
  readonly remaining: number;
  /** Handshakes that each of them takes in a second. */
  readonly handshakeRate: number;
  /** Over how long the clients leave, at least. */
  readonly spreadMs: number;
  /** When the last of them has to be gone. */
  readonly timeoutMs: number;
}

/** When which client leaves. */
export interface DrainPlan {
  /** From the first client to the last. */
  readonly durationMs: number;
  /** More come to each remaining server in a second than it takes, because there is no time; `undefined`: not more. */
  readonly excessRate: number | undefined;
}

/** The part of the time in which everybody has had a turn; the rest is for what is under way then. */
const TURNS_SHARE = 2 / 3;

/**
 * The clients leave one after the other, in equal distances: over `spreadMs`, or as much longer as the remaining servers
 * need to take them, as far as there is time for that.
 */
export function planDrain(facts: DrainFacts): DrainPlan {
  const { clients, remaining, handshakeRate, spreadMs, timeoutMs } = facts;
  const neededMs = (clients / (handshakeRate * Math.max(1, remaining))) * 1_000;
  const longestMs = Math.max(Math.min(spreadMs, timeoutMs), timeoutMs * TURNS_SHARE);
  const durationMs = Math.min(Math.max(Math.min(spreadMs, timeoutMs), neededMs), longestMs);
  const isTooFast = neededMs > durationMs;
  return {
    durationMs,
    excessRate: isTooFast
      ? Math.round((handshakeRate * neededMs) / Math.max(durationMs, 1))
      : undefined,
  };
}

/** How many of the clients have had their turn after `passedMs`. */
export function dueAt(clients: number, durationMs: number, passedMs: number): number {
  if (passedMs >= durationMs) return clients;
  return Math.floor((passedMs * clients) / durationMs) + 1;
}

/** When the turn of a client comes, by its number from 0. */
export function turnOf(client: number, clients: number, durationMs: number): number {
  return Math.round((client * durationMs) / clients);
}
