// Process of one micro-benchmark: node micro/main.js <suite> <task> <subject>
import { Bench } from 'tinybench';
import { answerRequests } from '../control/answer-requests.js';
import { Meter, type MeterOptions } from '../control/meter.js';
import { createTokens, verifiers } from './jwt.js';
import { loadStreams, streamTasks, type Task } from './streams.js';

const [suite, taskName, subject] = process.argv.slice(2) as [string, string, string];

async function createTask(): Promise<Task> {
  if (suite === 'streams') return streamTasks[taskName]!(await loadStreams(subject));
  const verify = await verifiers[subject]!();
  const tokens = createTokens(500);
  const { id } = (await verify(tokens[7]!)) as { id: number };
  if (id !== 7) throw new Error('The token verified as another one.');
  return {
    messages: tokens.length,
    async iterate() {
      for (const token of tokens) await verify(token);
    },
  };
}

const meter = new Meter();

answerRequests({
  run: async ({ durationMs, ...options }: MeterOptions & { durationMs: number }) => {
    const task = await createTask();
    const bench = new Bench({ time: durationMs, warmupTime: durationMs / 2 });
    bench.add(taskName, () => task.iterate());
    await meter.start(options);
    const [result] = await bench.run();
    await meter.stop();
    const outcome = result?.result;
    if (outcome?.state !== 'completed')
      throw new Error(`The task ${outcome?.state}.`, { cause: outcome });
    return { micros: (outcome.latency.p50 * 1000) / task.messages };
  },
});
