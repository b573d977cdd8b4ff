import type { LimitName } from '@asyngular/server';

/** What is counted, and what happened each time. */
export const limitTexts: Readonly<Record<LimitName, string>> = {
  origins: 'Upgrades from other origins, refused',
  maxClients: 'Upgrades while there were as many clients as may be, refused',
  maxPendingClients: 'Upgrades while too many handshakes were under way, refused',
  maxPendingClientsPerAddress: 'The same of one address, refused',
  handshakeTimeout: 'Handshakes that were not completed in time, closed',
  maxPayload: 'Messages that were too large, closed',
  maxFragments: 'Messages in too many fragments, closed',
  maxHeldBytes: 'Sockets with too much unread, closed',
  protocol: 'Broken frames and text that is not UTF-8, closed',
  maxBatchLength: 'Batches with too many packets, closed',
  maxDepth: 'Payloads nested too deeply, closed',
  maxNameLength: 'Names that were too long, refused',
  maxPendingCalls: 'Calls while too many had no answer yet, refused',
  maxStreams: 'Streams beyond those a socket may have, refused',
  socketChannelLimit: 'Subscriptions beyond those a socket may have, refused',
  maxPresenceBytes: 'States of members that were too large, refused',
  maxPresenceMembers: 'Channels with too many members to show them, counted only',
  inboundHighWaterMark: 'Sockets whose messages are not consumed, reading paused',
  exchangeHighWaterMark:
    'Loops of the application over channels that fell behind, publishers slowed',
  eventHighWaterMark: 'Loops of the application over events that fell behind, clients slowed',
  maxBacklogBytesTotal: 'Backlogs of the whole process, dropped',
  outboundHighWaterMark: 'Sockets that read too slowly, publications held back',
  outboundLimit: 'Sockets with too many unsent bytes, closed',
  maxBufferedBytesTotal: 'Unsent bytes of all sockets, the largest closed',
  overflowPolicy: 'Publications for slow sockets, dropped',
  middlewareTimeout: 'Middleware that did not decide in time, closed',
  rateLimits: 'Clients that sent too fast, closed or refused',
};
