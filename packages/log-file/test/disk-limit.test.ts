import { randomBytes } from 'node:crypto';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { pause, rejection, until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { fileLog } from '../src/index.js';
import { payloads, start, testFolder } from './support/start.js';

it('refuses publications when all logs take too much of the disk, until some have expired', async () => {
  stopTime();
  const directory = testFolder();
  const maxDiskBytes = 300_000;
  const node = await start(fileLog({ directory, maxDiskBytes }), { ttlMs: 60_000 });
  // Random text, which LevelDB cannot compress.
  const text = () => randomBytes(25_000).toString('hex');
  const sweep = async () => {
    await pass(10_000);
    await pause(20);
  };
  let refused: any;
  let index = 0;
  await until('a refusal', async () => {
    for (let count = 0; count < 120 && !refused; count++) {
      await node.append(`room ${index++}`, text()).catch((error) => {
        refused = error;
      });
    }
    if (!refused) await sweep();
    return refused !== undefined;
  });
  expect(refused).toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE', reason: 'refused' });
  expect(refused.message).toMatch(
    /takes more than 300000 bytes; .* Set maxDiskBytes higher, or size/,
  );
  expect((await rejection(node.append('room 0', 'x'))).reason).toBe('refused');
  // What is there can be read.
  expect(payloads(await node.read(`room ${index - 2}`))).toHaveLength(1);

  await pass(60_000);
  await until('room', async () => {
    await sweep();
    return node.append('room 0', 'again').then(
      () => true,
      () => false,
    );
  });
});
