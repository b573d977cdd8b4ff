import { randomBytes } from 'node:crypto';
import { runWorkers } from '@asyngular/workers';
import { startRedis } from './redis.js';

// Two servers on one port, and Redis between them. PORT, REDIS_URL and AUTH_KEY change where and with what.

const { PORT = '8000', REDIS_URL, AUTH_KEY = randomBytes(32).toString('hex') } = process.env;

try {
  const redisUrl = REDIS_URL ?? (await startRedis());
  await runWorkers(new URL('process.js', import.meta.url), {
    workers: 2,
    env: { PORT, REDIS_URL: redisUrl, AUTH_KEY },
    spread: 2_000,
  });
  console.log(`The board is open: http://localhost:${PORT}/`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
