import { parentPort, workerData } from 'node:worker_threads';
import { nameDuties } from '../duties/names.js';
import { pairs } from './pairs.js';
import { Stage } from './stage.js';

/** What the worker of isolation.ts runs: one duty of one pair; posts the failure or null. */
const { title, peer, patienceMs } = workerData;
const duty = nameDuties.find((it) => it.title === title)!;
try {
  await duty.run(new Stage(pairs.get(peer)!, patienceMs));
  parentPort!.postMessage(null);
} catch (error) {
  parentPort!.postMessage((error as Error).message);
}
