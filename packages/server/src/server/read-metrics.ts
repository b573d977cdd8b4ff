import { readHealth } from '../health/health.js';
import { collectMetrics } from '../metrics/collect.js';
import type { MetricFamily } from '../metrics/family.js';
import { MetricsServer } from '../metrics/metrics-server.js';
import { writeOpenMetrics } from '../metrics/openmetrics.js';
import { workerDefaults } from '../options/worker-defaults.js';
import { readStats } from './read-stats.js';
import type { ServerCore } from './server-core.js';
import { version } from './version.js';

/** The metrics of a server now; from the first time on, calls are timed, and the lag of its event loop is measured. */
export function readMetrics(core: ServerCore): readonly MetricFamily[] {
  const { calls, outgoing, closes, traffic, recoveryDurations, lag } = core;
  if (!core.isClosed) lag.start();
  core.times.isOn = true;
  return collectMetrics({
    stats: readStats(core),
    health: readHealth(core),
    calls,
    outgoing,
    closes,
    traffic,
    recoveryDurations,
    lag,
    version,
  });
}

/** Shows them where the option `metrics` says. */
export function startMetrics(core: ServerCore): void {
  const { metrics } = core.options;
  if (metrics === undefined) return;
  core.lag.start();
  core.times.isOn = true;
  // The primary of the workers shows those of all of them.
  if (workerDefaults() !== undefined) return;
  core.metricsServer = new MetricsServer(metrics, {
    collect: async () => writeOpenMetrics(readMetrics(core)),
    onScrapeError: (error) => core.emitWarning(error),
    onListenError: (error) => {
      // As with any server of Node, it ends a process that does not listen.
      if (core.server.getListenerConsumerCount('error') === 0) throw error;
      core.server.emit('error', { error });
    },
  });
}

/** Ends all that metrics keep going. */
export function stopMetrics({ metricsServer, lag }: ServerCore): void {
  metricsServer?.close();
  lag.stop();
}
