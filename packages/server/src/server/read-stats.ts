import { readHistoryStats } from '../health/history-stats.js';
import type { ServerStats } from '../health/stats.js';
import type { ServerCore } from './server-core.js';

/** See `AGServer.stats()`. */
export function readStats(core: ServerCore): ServerStats {
  const { server, counters, hub, budget, limits } = core;
  return {
    clients: server.clientsCount,
    pendingClients: server.pendingClientsCount,
    channels: hub.channelCount,
    handshakes: counters.handshakes,
    unhandledTransmits: counters.unhandledTransmits,
    unhandledCalls: counters.unhandledCalls,
    invalidMessages: counters.invalidMessages,
    blockedActions: counters.blockedActions,
    pendingHandshakes: core.handshakes.size,
    backlogMessages: core.backlogs.account.messages,
    backlogBytes: core.backlogs.account.bytes,
    bufferedBytes: budget.totalBytes,
    stalledSockets: budget.memberCount,
    addresses: core.addresses?.size ?? 0,
    history: readHistoryStats(core),
    presence: core.members?.stats(),
    limits: limits.counts(),
  };
}
