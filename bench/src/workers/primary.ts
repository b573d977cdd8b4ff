// Process that runs workers: node workers/primary.js <workers> [history]
import { join } from 'node:path';
import { runWorkers } from '@asyngular/workers';
import { answerRequests } from '../control/answer-requests.js';
import { cpuMicrosOf } from '../control/process-cpu.js';

const [, , workers = '1', ...args] = process.argv;

const fleet = await runWorkers(join(import.meta.dirname, 'server.js'), {
  workers: Number(workers),
  args,
});
const { workers: all } = await fleet.health();

let atStart = 0;
let ownAtStart = 0;

function workersMicros(): number {
  return all.reduce((sum, { pid }) => sum + cpuMicrosOf(pid), 0);
}

answerRequests({
  port: () => fleet.ports[0],
  start: () => {
    atStart = workersMicros();
    ownAtStart = cpuMicrosOf(process.pid);
  },
  stop: () => ({
    serverMicros: workersMicros() - atStart,
    // Of the hub; it also shares out connections, and none come while it is measured.
    brokerMicros: cpuMicrosOf(process.pid) - ownAtStart,
  }),
});
