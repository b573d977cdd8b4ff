import { protocolEvents } from '@asyngular/protocol';
import type { WireMember, WireMemberUpdate } from '@asyngular/protocol/internal';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import type { PresenceMember } from '../presence/types.js';

// What watchers are sent (P15.10 to P15.14).

/** Members of one page of a sync. */
const PAGE_SIZE = 500;

/** All members, in pages; one without members if there are none. */
export function syncPackets(
  channel: string,
  members: readonly PresenceMember[],
  isComplete: boolean,
): OutboundPacket[] {
  const of = Math.max(1, Math.ceil(members.length / PAGE_SIZE));
  return Array.from({ length: of }, (_, index) => {
    const some = members.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
    return presencePacket({
      channel,
      sync: true,
      page: index + 1,
      of,
      ...(!isComplete && { partial: true }),
      members: some.map(wireMember),
    });
  });
}

/** What has changed of the members. No key is in two of the lists. */
export interface MemberChanges {
  readonly enter: readonly PresenceMember[];
  readonly update: readonly PresenceMember[];
  readonly leave: readonly { readonly key: string }[];
  readonly count: number;
}

/** Some members have changed; at least one. */
export function changesPacket(
  channel: string,
  { enter, update, leave, count }: MemberChanges,
): OutboundPacket {
  return presencePacket({
    channel,
    ...(enter.length > 0 && { enter: enter.map(wireMember) }),
    ...(update.length > 0 && { update: update.map(wireUpdate) }),
    ...(leave.length > 0 && { leave: leave.map(({ key }) => key) }),
    count,
  });
}

/** There are so many members. */
export function countPacket(channel: string, count: number): OutboundPacket {
  return presencePacket({ channel, count });
}

/** The client's key has changed. */
export function keyPacket(channel: string, key: string): OutboundPacket {
  return presencePacket({ channel, key });
}

/** The client is not a member any more; the error, in wire form, says why. */
export function errorPacket(channel: string, error: unknown): OutboundPacket {
  return presencePacket({ channel, error });
}

function presencePacket(data: object): OutboundPacket {
  return { event: protocolEvents.presence, data };
}

function wireMember({ key, userId, state, joinedAt, connections }: PresenceMember): WireMember {
  return {
    key,
    ...(userId !== undefined && { userId }),
    state,
    at: joinedAt,
    ...(connections !== 1 && { n: connections }),
  };
}

/** What has changed is not known, so it says both. */
function wireUpdate({ key, state, connections }: PresenceMember): WireMemberUpdate {
  return { key, state, n: connections };
}
