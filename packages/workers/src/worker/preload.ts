import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { startWorker } from './start-worker.js';

// Loaded by Node before the file of the server (`--import`), which then runs as the main module, as it does alone.
// Threads and child processes of the application inherit the flag, and are no workers.
if (cluster.isWorker && isMainThread) await startWorker();
