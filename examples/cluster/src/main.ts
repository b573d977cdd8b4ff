import cluster from 'node:cluster';
import { runPrimary } from './primary.js';
import { readSettings, usage } from './settings.js';
import { runWorker } from './worker.js';

try {
  const args = cluster.isPrimary ? process.argv.slice(2) : [];
  const settings = readSettings(args, process.env);
  if (cluster.isPrimary) await runPrimary(settings);
  else runWorker(settings);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(1);
}
