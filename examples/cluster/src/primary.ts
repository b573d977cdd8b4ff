import cluster, { type Worker } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { startLocalBroker } from './local-broker.js';
import type { Settings } from './settings.js';

/** A worker that crashes is replaced after this long, so that a broken one does not restart in a tight loop. */
const RESPAWN_MS = 1_000;

/** Starts the workers, keeps their number, replaces them one by one (SIGUSR2), and ends them in an orderly way. */
export async function runPrimary(settings: Settings): Promise<void> {
  const local = settings.brokerUrl ? undefined : await startLocalBroker(settings.broker);
  const env = {
    BROKER: settings.broker,
    BROKER_URL: settings.brokerUrl ?? local!.url,
    WORKERS: String(settings.workers),
    PORT: String(settings.port),
    DRAIN_MS: String(settings.drainMs),
    // A token signed by one worker must be valid for the others.
    AUTH_KEY: process.env.AUTH_KEY ?? randomBytes(32).toString('hex'),
  };
  const serving = new Set<Worker>();
  const leaving = new Set<Worker>();
  let isStopping = false;

  const start = async (): Promise<Worker> => {
    const worker = cluster.fork(env);
    await once(worker, 'listening');
    serving.add(worker);
    return worker;
  };
  const end = async (worker: Worker): Promise<void> => {
    if (worker.isDead()) return;
    leaving.add(worker);
    const exited = once(worker, 'exit');
    if (serving.has(worker)) worker.send('leave');
    // Still starting: it has no clients, and does not listen to us yet.
    else worker.kill('SIGKILL');
    await exited;
  };
  cluster.on('exit', (worker, code, signal) => {
    serving.delete(worker);
    if (leaving.delete(worker) || isStopping) return;
    console.error(`worker ${worker.id} ended (${signal ?? `exit code ${code}`}); replacing it`);
    setTimeout(() => !isStopping && start(), RESPAWN_MS);
  });

  await Promise.all(Array.from({ length: settings.workers }, start));
  console.log(
    `${settings.workers} workers on ws://localhost:${settings.port}/asyngular/, joined by ${env.BROKER_URL} (pid ${process.pid})`,
  );

  process.on('SIGUSR2', async () => {
    for (const worker of Object.values(cluster.workers ?? {})) {
      // The new one listens before the old one leaves.
      await start();
      if (worker) await end(worker);
    }
    console.log('All workers have been replaced.');
  });
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => worker && end(worker)));
    local?.stop();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
