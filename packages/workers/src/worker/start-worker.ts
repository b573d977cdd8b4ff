import { on } from 'node:events';
import { setWorkerHost } from '@asyngular/server/internal';
import {
  fromEnvelope,
  type ToPrimary,
  type ToWorker,
  toEnvelope,
  type WorkerSettings,
} from '../messages.js';
import { createBroker } from './create-broker.js';
import { Worker } from './worker.js';

/** Makes this process a worker, with the settings that the primary sends first. */
export async function startWorker(): Promise<void> {
  const settings = await askForSettings();
  const worker = new Worker(settings, { send, end: endProcess, createBroker });
  setWorkerHost(worker);
  process.on('message', (received) => {
    const next = fromEnvelope<ToWorker>(received);
    if (next) worker.onMessage(next);
  });
  // What keeps a process alive is its server. A file that makes none ends, as it does alone.
  process.channel?.unref();
  process.on('uncaughtExceptionMonitor', (error) => {
    const { code } = error as NodeJS.ErrnoException;
    send({ type: 'thrown', error: String(error), code });
  });
  // Ctrl+C reaches every process of a terminal, and the primary decides what it means.
  process.on('SIGINT', ignore);
  process.on('SIGTERM', () => {
    isSignalled = true;
    send({ type: 'leaving' });
    void worker.leave(settings.drain);
  });
}

async function askForSettings(): Promise<WorkerSettings> {
  const messages = on(process, 'message');
  send({ type: 'hello' });
  for await (const [received] of messages) {
    const message = fromEnvelope<ToWorker>(received);
    if (message?.type === 'settings') return message.settings;
  }
  throw new Error('unreachable: messages go on until the process ends');
}

/** Whether the application has seen a SIGTERM, so that it gets no second one. */
let isSignalled = false;

function ignore(): void {}

/** To a primary that is gone nothing can be said; then this process ends, too, by itself. */
function send(message: ToPrimary): void {
  if (process.connected) process.send?.(toEnvelope(message), undefined, undefined, ignore);
}

/**
 * The file of a server may close more than servers when it gets a SIGTERM, such as a database. It is left to end the
 * process then; the primary waits for that, and not for long.
 */
function endProcess(): void {
  const isHeard = process.listenerCount('SIGTERM') > 1;
  if (!isHeard) process.exit(0);
  if (!isSignalled) process.emit('SIGTERM');
}
