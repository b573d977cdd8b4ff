import { formatPosition, parsePosition } from '@asyngular/broker';
import { type Program, startProgram } from '@asyngular/test-utils/program';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { type Started, start, testFolder } from './support/start.js';

const CHANNELS = 5;
const ROUNDS = 4;

/** Publishes without end on a few channels, and prints each answer. */
const publisher = (directory: string, round: number) => `
  import { writeSync } from 'node:fs';
  import { formatPosition, memoryBroker } from '@asyngular/broker';
  import { fileLog } from '@asyngular/log-file';

  const broker = memoryBroker({ log: fileLog({ directory: ${JSON.stringify(directory)} }) });
  await broker.start({
    onMessage() {},
    onEvent() {},
    policyOf: () => ({ size: 10_000, ttlMs: 600_000, maxBytes: 1e8, idempotencyWindowMs: 600_000 }),
  });
  async function publish(channel, publisher) {
    for (let index = 0; ; index++) {
      const id = '${round}.' + publisher + '.' + index;
      const payload = id.padEnd(1 + Math.random() * 2_000, '.');
      const { position } = await broker.log.append(channel, payload, { id });
      // At once, so that what was printed was acknowledged and what is cut off was not.
      writeSync(1, [channel, id, formatPosition(position)].join(' ') + '\\n');
    }
  }
  for (let index = 0; index < ${CHANNELS * 4}; index++) {
    publish('room ' + (index % ${CHANNELS}), index).catch((error) => writeSync(1, 'failed ' + error + '\\n'));
  }
`;

interface Acknowledged {
  readonly channel: string;
  readonly id: string;
  readonly position: string;
}

/** The answers that a program has printed whole. */
function acknowledged({ output }: Program): Acknowledged[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [, channel = '', id = '', position = ''] = /^(room \d) (\S+) (\S+)$/.exec(line) ?? [];
    expect(parsePosition(position), line).toBeDefined();
    return { channel, id, position };
  });
}

async function assertKept(node: Started, all: readonly Acknowledged[]): Promise<void> {
  for (const channel of new Set(all.map((it) => it.channel))) {
    const ofChannel = all.filter((it) => it.channel === channel);
    const { entries, top } = await node.read(channel);
    const ids = new Map(
      entries.map(({ position, payload }) => [formatPosition(position), String(payload)]),
    );
    for (const { id, position } of ofChannel) {
      expect(ids.get(position)?.replace(/\.+$/, ''), `what stands at ${position}`).toBe(id);
    }
    // No hole: the offsets go on from the first to the last.
    expect(entries.map(({ position }) => position.offset)).toEqual(
      entries.map((_, index) => top.offset - entries.length + 1 + index),
    );
    const { id, position } = ofChannel.at(-1)!;
    const known = parsePosition(position)!;
    expect((await node.read(channel, known)).reached).toBe(true);
    expect(await node.append(channel, 'again', id)).toEqual({ position: known, duplicate: true });
  }
}

it('kill -9 of a process that publishes loses nothing that was acknowledged', async () => {
  const directory = testFolder();
  const all: Acknowledged[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const program = await startProgram(publisher(directory, round), ['classic-level']);
    const enough = 200 + Math.floor(Math.random() * 400);
    await until(
      `${enough} answers`,
      () => program.output.split('\n').length > enough,
      () => program.output.slice(0, 1_000),
    );
    program.child.kill('SIGKILL');
    expect(await program.ended()).toBe('SIGKILL');
    all.push(...acknowledged(program));

    const node = await start(directory, {
      size: 10_000,
      maxBytes: 1e8,
      ttlMs: 600_000,
      idempotencyWindowMs: 600_000,
    });
    await assertKept(node, all);
    await node.broker.close();
  }
  const epochs = new Set(
    all.map(({ channel, position }) => `${channel} ${position.split(':')[0]}`),
  );
  expect(epochs.size).toBe(CHANNELS);
});

it('a second process is told that the folder is in use', async () => {
  const directory = testFolder();
  await start(directory);
  const program = await startProgram(
    `
      import { memoryBroker } from '@asyngular/broker';
      import { fileLog } from '@asyngular/log-file';
      const broker = memoryBroker({ log: fileLog({ directory: ${JSON.stringify(directory)} }) });
      await broker.start({ onMessage() {}, onEvent() {} }).catch(({ message }) => console.log(message));
    `,
    ['classic-level'],
  );
  await program.printed('cannot be opened: another process');
  expect(await program.ended()).toBe('exit code 0');
});
