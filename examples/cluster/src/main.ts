// Workers joined by NATS or Redis, which it starts on this machine unless it is told where one is.
import { fileURLToPath } from 'node:url';
import { runWorkers } from '@asyngular/workers';
import { startLocalBroker } from './local-broker.js';
import { readSettings, usage } from './settings.js';

const server = fileURLToPath(new URL('./server.js', import.meta.url));

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  const { broker, workers, port, drainMs } = settings;
  const brokerUrl = settings.brokerUrl ?? (await startLocalBroker(broker)).url;
  await runWorkers(server, {
    workers,
    env: { BROKER: broker, BROKER_URL: brokerUrl, PORT: String(port) },
    spread: drainMs,
    drainTimeout: drainMs + 5_000,
  });
  console.log(
    `${workers} workers on ws://localhost:${port}/asyngular/, joined by ${brokerUrl} (pid ${process.pid})`,
  );
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(1);
}
