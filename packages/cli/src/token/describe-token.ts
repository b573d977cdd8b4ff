/** The parts of a token that can be read without a key. */
export interface TokenParts {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

/** Header and payload of a JSON Web Token (RFC 7519), or undefined for what is none. */
export function readTokenParts(token: string): TokenParts | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const [header, payload] = parts.slice(0, 2).map(parseSegment);
  return header && payload ? { header, payload } : undefined;
}

function parseSegment(segment: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a token may be used now, by the times in it. */
export type TokenTime =
  | { readonly state: 'endless' | 'valid' | 'expired' | 'early'; readonly text: string }
  | { readonly state: 'unreadable'; readonly text: string };

/** What `exp` and `nbf` mean at a time, in ms since the epoch. */
export function judgeTime({ exp, nbf }: Record<string, unknown>, now: number): TokenTime {
  for (const [name, value] of Object.entries({ exp, nbf })) {
    if (value !== undefined && typeof value !== 'number') {
      return {
        state: 'unreadable',
        text: `${name} is ${JSON.stringify(value)}, and no number of seconds`,
      };
    }
  }
  const notBefore = Number(nbf) * 1_000;
  const expiry = Number(exp) * 1_000;
  if (notBefore > now)
    return { state: 'early', text: `not valid for another ${span(notBefore - now)}` };
  if (exp === undefined) return { state: 'endless', text: 'never expires' };
  if (expiry <= now) return { state: 'expired', text: `expired since ${span(now - expiry)}` };
  return { state: 'valid', text: `valid for another ${span(expiry - now)}` };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time by its two largest units, such as `2 h 5 min`. */
export function span(ms: number): string {
  const texts: string[] = [];
  let rest = Math.max(0, Math.floor(ms / 1_000) * 1_000);
  for (const [name, size] of units) {
    if (rest < size) continue;
    texts.push(`${Math.floor(rest / size)} ${name}`);
    rest %= size;
    if (texts.length === 2) break;
  }
  return texts.join(' ') || '0 s';
}
