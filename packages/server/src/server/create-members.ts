import type { Fleet } from '../fleet/types.js';
import { MemberChannels, type MembersOwner } from '../members/member-channels.js';
import type { ResolvedOptions } from '../options/options.js';
import type { ResolvedPresence } from '../options/presence-options.js';
import { PatternTable } from '../outbound/pattern-table.js';
import { ReplicatedPresence } from '../presence/replicated-presence.js';

/** The channels of a server that show who is there; `undefined` when no pattern says so. */
export function createMembers(
  owner: MembersOwner & { readonly fleet: Fleet },
  options: ResolvedOptions,
): MemberChannels | undefined {
  const policies = [...options.channelPatterns].map(
    ([pattern, { presence }]) => [pattern, presence ?? null] as const,
  );
  if (!policies.some(([, policy]) => policy)) return undefined;
  // A longer pattern without presence takes its channels out of a shorter one's.
  const table = new PatternTable<ResolvedPresence | null>(policies);
  const policyOf = (channel: string) => table.get(channel) ?? undefined;
  const settings = {
    graceMs: options.presenceGrace,
    intervalMs: options.presenceInterval,
    repairMs: options.presenceRepair,
    maxStateBytes: options.maxPresenceBytes,
    maxMembers: options.maxPresenceMembers,
  };
  const presence = new ReplicatedPresence({
    fleet: owner.fleet,
    settings,
    modeOf: (channel) => policyOf(channel)?.show ?? 'count',
    emitWarning: (warning) => owner.emitWarning(warning),
  });
  return new MemberChannels(owner, settings, policyOf, presence);
}
