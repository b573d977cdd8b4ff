import { checkOptions, func, type OptionTable, oneOf } from '@asyngular/errors/options';
import type { AGServerSocket } from '../socket/server-socket.js';

/** What the server shows of who is in the channels of a pattern, and who may be. */
export interface PresencePatternOptions {
  /** The members, or only how many there are. Default `'members'`. */
  show?: 'members' | 'count' | undefined;
  /**
   * Whether a socket may be in the channel with this state, and with which: it returns the state, this one or another,
   * or `false` to refuse; nothing, and null in place of a state, refuse, too. Called when a socket enters, for each change of its state, and when its user id changes; not
   * for members that the server enters itself. Runs while the packet is handled and must not return a promise: use
   * middleware for what takes time. One that throws refuses, too. Default: every subscriber may, with any state.
   */
  accept?: ((socket: AGServerSocket, state: any) => unknown) | undefined;
}

/** The option `presence` of a pattern with its defaults. */
export interface ResolvedPresence {
  readonly show: 'members' | 'count';
  readonly accept: PresencePatternOptions['accept'];
}

const presenceTable = {
  show: oneOf('members', 'count'),
  accept: func('a function of the socket and the state'),
} satisfies OptionTable<PresencePatternOptions>;

/** Whether it is something for `resolvePresence`. */
export function isPresenceOption(value: unknown): boolean {
  return (
    typeof value === 'boolean' ||
    value === 'count' ||
    (typeof value === 'object' && !Array.isArray(value))
  );
}

/** Fills in defaults; `undefined` without presence. Throws `InvalidOptionsError`. */
export function resolvePresence(
  option: boolean | 'count' | PresencePatternOptions | undefined,
  where: string,
): ResolvedPresence | undefined {
  if (option === undefined || option === false) return undefined;
  if (typeof option !== 'object') {
    return { show: option === 'count' ? 'count' : 'members', accept: undefined };
  }
  const { show, accept } = checkOptions<PresencePatternOptions>(presenceTable, option, where);
  return { show: show ?? 'members', accept };
}
