import { Load } from './load.js';
import type { StartWorker } from './load-worker.js';

/** Makes the load in this process, beside everything else that it does: for small loads. */
export const startInOwnProcess: StartWorker = async (plan, share) => {
  const load = new Load(plan, share);
  return {
    connect: (startsAt, onProgress) => load.connect(startsAt, onProgress),
    send: (startsAt, onTick) => load.send(startsAt, onTick),
    finish: async () => load.finish(),
    close: () => load.leave(),
  };
};
