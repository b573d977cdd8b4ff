// Process of the client under test: node receive/main.js <client>
import { deepStrictEqual } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { Meter, type MeterOptions } from '../control/meter.js';
import { payload } from '../payload.js';
import { clients } from './clients.js';

const meter = new Meter();
let received = 0;
let awaited = Number.POSITIVE_INFINITY;
let reached: (() => void) | undefined;

function onMessage(data: unknown): void {
  if (received === 0) deepStrictEqual(data, payload);
  received += 1;
  if (received === awaited) reached?.();
}

answerRequests({
  connect: ({ port }: { port: number }) => clients[process.argv[2]!]!(port, onMessage),
  start: async ({ messages, ...options }: MeterOptions & { messages: number }) => {
    awaited = received + messages;
    await meter.start(options);
  },
  /** Resolves once the awaited messages have come, and no other. */
  stop: async () => {
    if (received < awaited) {
      await new Promise<void>((resolve) => {
        reached = resolve;
      });
    }
    const usage = await meter.stop();
    await sleep(30);
    if (received !== awaited) throw new Error(`Received ${received - awaited} messages too many.`);
    return usage;
  },
});
