import type { HealthStatus, ServerHealth } from '@asyngular/server';

/** From the best to the worst. */
const statuses: readonly HealthStatus[] = ['ok', 'degraded', 'starting', 'draining', 'closed'];

/** The worst of several; `'starting'` where there is none yet. */
export function worstStatus(all: readonly HealthStatus[]): HealthStatus {
  const worst = Math.max(...all.map((status) => statuses.indexOf(status)));
  return statuses[worst] ?? 'starting';
}

/** What the servers of a worker wait for that is not ready, as part of a sentence. */
export function waitsFor(servers: readonly ServerHealth[]): string {
  if (servers.length === 0) return 'its file to make a server';
  const { status, broker } = servers.find(({ isReady }) => !isReady) ?? servers[0]!;
  if (broker.status !== 'connected') return `the broker ${broker.name}, which is ${broker.status}`;
  return status === 'starting' ? 'a server to listen' : `a server that is ${status}`;
}

/** Whether every server that is not ready lacks its broker: nothing that another worker would mend. */
export function isBrokerAway(servers: readonly ServerHealth[]): boolean {
  const waiting = servers.filter(({ isReady }) => !isReady);
  return waiting.length > 0 && waiting.every(({ broker }) => broker.status !== 'connected');
}
