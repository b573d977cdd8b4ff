import { InvalidActionError, PresenceRefusedError, ResourceLimitError } from '@asyngular/protocol';
import type { PresenceOffer } from '@asyngular/protocol/internal';
import { fromStoredJson, toStoredJson } from '../codecs/stored-json.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { PresenceStats } from '../health/presence-stats.js';
import type { LimitName } from '../limits/limits.js';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import { SharedPacket, type SharedPacketOwner } from '../outbound/shared-packet.js';
import type { Presence, PresenceMode } from '../presence/types.js';
import { type Clock, processClock } from '../turns/clock.js';
import { ChannelWatchers, type WatchersOwner } from './channel-watchers.js';
import { createClientSecret } from './identity.js';
import type { MemberWatcher } from './watcher-feed.js';

/** What is shown of who is in a channel, and who may be. */
export interface MembersPolicy {
  readonly show: PresenceMode;
  readonly accept: ((socket: never, state: unknown) => unknown) | undefined;
}

/** What channels with members need of the server. */
export interface MembersOwner extends SharedPacketOwner {
  /** What states are; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
  emitWarning(warning: unknown): void;
  readonly limits: {
    add(limit: LimitName): void;
    isReportDue(limit: LimitName, now: number): boolean;
  };
}

/** Times and bounds. */
export interface MembersSettings {
  readonly maxStateBytes: number;
  readonly maxMembers: number;
  readonly intervalMs: number;
}

/** The channels of a server that show who is there: who may be, and which sockets watch. */
export class MemberChannels implements WatchersOwner {
  readonly presence: Presence & { close(): void };
  readonly clock: Clock;
  readonly pauseMs: number;
  readonly #owner: MembersOwner;
  readonly #settings: MembersSettings;
  readonly #policyOf: (channel: string) => MembersPolicy | undefined;
  readonly #watchers = new Map<string, ChannelWatchers>();

  constructor(
    owner: MembersOwner,
    settings: MembersSettings,
    policyOf: (channel: string) => MembersPolicy | undefined,
    presence: Presence & { close(): void },
    clock: Clock = processClock,
  ) {
    this.#owner = owner;
    this.#settings = settings;
    this.#policyOf = policyOf;
    this.presence = presence;
    this.clock = clock;
    this.pauseMs = settings.intervalMs / 2;
  }

  /** What the server answers to a client that offers to speak of presence (P15.2). */
  answerOffer({ client }: PresenceOffer): { client: string } {
    return { client: client ?? createClientSecret() };
  }

  /** Whether the channel keeps who is there. */
  has(channel: string): boolean {
    return this.#policyOf(channel) !== undefined;
  }

  /** Throws `InvalidActionError` where nothing is kept. */
  assertHas(channel: string): void {
    if (this.has(channel)) return;
    throw new InvalidActionError(
      `The ${channel} channel has no presence; the server's option channels would give it one`,
    );
  }

  /**
   * The state with which a socket is to be in a channel, as it will be shown. Throws what P15.7 says, or what the
   * application threw.
   */
  judge(channel: string, socket: object, state: unknown): unknown {
    const accept = this.#policyOf(channel)?.accept;
    const fitting = this.#fitting(channel, state);
    if (accept === undefined) return this.checkState(channel, fitting);
    return this.checkState(channel, accepted(channel, fitting, accept(socket as never, fitting)));
  }

  /** The state with which the server itself puts a member into a channel. Throws likewise. */
  judgeOwn(channel: string, state: unknown): unknown {
    return this.checkState(channel, this.#fitting(channel, state));
  }

  /** What the contract makes of a state; each time of the whole one. Throws `ValidationError`. */
  #fitting(channel: string, state: unknown): unknown {
    const check = this.#owner.contract?.channel(channel)?.presence;
    if (check === undefined) return state;
    const fitting = check(state);
    if (!(fitting instanceof Promise)) return fitting;
    // It would be an unhandled rejection otherwise.
    fitting.catch(() => {});
    throw new TypeError(
      `The presence schema of the ${channel} channel is asynchronous; states take one that answers at once`,
    );
  }

  /** A state as its watchers get it, which nobody else holds. Throws `InvalidActionError` and `ResourceLimitError`. */
  checkState(channel: string, state: unknown): unknown {
    const text = textOf(channel, state);
    const bytes = Buffer.byteLength(text);
    const { maxStateBytes } = this.#settings;
    if (bytes <= maxStateBytes) return (fromStoredJson(`[${text}]`) as unknown[])[0];
    this.#owner.limits.add('maxPresenceBytes');
    throw new ResourceLimitError(
      `The state of a member of the ${channel} channel takes ${bytes} bytes; the maxPresenceBytes option of the server ` +
        `allows ${maxStateBytes}`,
    );
  }

  watch(channel: string, watcher: MemberWatcher): void {
    let watchers = this.#watchers.get(channel);
    if (watchers === undefined) {
      watchers = new ChannelWatchers(channel, this);
      this.#watchers.set(channel, watchers);
    }
    watchers.add(watcher);
  }

  unwatch(channel: string, watcher: MemberWatcher): void {
    const watchers = this.#watchers.get(channel);
    if (watchers === undefined) return;
    watchers.remove(watcher);
    if (watchers.size > 0) return;
    this.#watchers.delete(channel);
    watchers.close();
  }

  /** The watcher was slow, and has room again. */
  goOn(channel: string, watcher: MemberWatcher): void {
    this.#watchers.get(channel)?.goOn(watcher);
  }

  stats(): PresenceStats {
    const { members, remoteMembers, watched, repairs } = this.presence.counts();
    let watchers = 0;
    for (const { size } of this.#watchers.values()) watchers += size;
    return { members, remoteMembers, watched, watchers, repairs };
  }

  /** The server closes: tells the others what is still to be told. */
  close(): void {
    this.presence.close();
  }

  /** Called by watchers: a packet for many. */
  share(packet: OutboundPacket): SharedPacket {
    return new SharedPacket(packet, this.#owner);
  }

  /** Called by watchers. */
  onMode(channel: string, mode: PresenceMode, count: number): void {
    if (mode === 'members' || this.#policyOf(channel)?.show !== 'members') return;
    const { limits } = this.#owner;
    limits.add('maxPresenceMembers');
    if (!limits.isReportDue('maxPresenceMembers', this.clock.now())) return;
    this.#owner.emitWarning(
      new ResourceLimitError(
        `The ${channel} channel has ${count} members, more than the ${this.#settings.maxMembers} of the option ` +
          "maxPresenceMembers: those who watch are shown their number only. Raise the option, or say presence: 'count' " +
          'for such channels',
      ),
    );
  }
}

/** The state with which the application lets a member in. */
function accepted(channel: string, asked: unknown, answer: unknown): unknown {
  if (answer instanceof Promise) {
    // It would be an unhandled rejection otherwise.
    answer.catch(() => {});
    throw new TypeError(
      `The accept function of the ${channel} channel returned a promise; it must return the state or false. Use ` +
        "middleware for what takes time: server.use('inbound', …, { actions: ['presence'] })",
    );
  }
  // `socket.authToken && state` is null for those who have no token.
  const isRefused = answer === false || answer === undefined || (answer === null && asked !== null);
  if (!isRefused) return answer;
  throw new PresenceRefusedError(`The server does not accept this state in the ${channel} channel`);
}

function textOf(channel: string, state: unknown): string {
  let cause: unknown;
  try {
    if (state !== undefined && typeof state !== 'function')
      return toStoredJson([state]).slice(1, -1);
  } catch (error) {
    cause = error;
  }
  throw new InvalidActionError(`The state of a member of the ${channel} channel has no encoding`, {
    cause,
  });
}
