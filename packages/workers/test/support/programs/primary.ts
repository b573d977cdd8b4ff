// Runs the workers of a file, and does what the test asks over IPC.
import { runWorkers, type WorkersEvents } from '../../../src/index.js';

const [file = '', options = '{}'] = process.argv.slice(2);
const events: (keyof WorkersEvents)[] = [
  'workerStart',
  'workerReady',
  'workerExit',
  'restart',
  'warning',
];

try {
  const fleet = await runWorkers(file, JSON.parse(options));
  for (const event of events) {
    (async () => {
      for await (const data of fleet.listener(event)) {
        if (process.connected) process.send?.({ event, data });
      }
    })();
  }
  const calls = {
    stats: async () => {
      const { workers, ...rest } = await fleet.stats();
      return { ...rest, workers: [...workers] };
    },
    health: () => fleet.health(),
    restart: () => fleet.restart(),
    close: () => fleet.close(),
  };
  process.on('message', async ({ id, call }: { id: number; call: keyof typeof calls }) => {
    process.send?.({ id, answer: await calls[call]() });
  });
  // Only the workers keep it alive, as they do where no test is.
  process.channel?.unref();
  process.send?.({ running: fleet.ports });
} catch (error) {
  process.exitCode = 1;
  const { name, message } = error as Error;
  process.send?.({ failed: { name, message } }, () => process.disconnect());
}
