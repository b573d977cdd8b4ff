import type { Usage } from '../control/meter.js';
import { type StartChild, withChildren } from '../control/with-children.js';
import type { LoadOutcome } from '../load/main.js';
import type { LoadScenario, MicroScenario, ReceiveScenario, Scenario } from '../scenarios.js';
import type { Subject } from '../subjects.js';
import { bundleBytes } from './bundle.js';

const measuredCore = 0;
const loadCore = 1;

export interface SampleOptions {
  seconds: number;
  profile?: string;
}

/** One measurement of one subject in one scenario. */
export interface Sample {
  /** In the scenario's unit. */
  value: number;
  /** Units of work measured, all of them accounted for. */
  units: number;
  /** Share of wall time the measured process was busy (1 = its core was full). */
  busy?: number;
  /** Wall time of the measured stretch. */
  wallMs?: number;
  /** The same share for the generator, to show whether it was the bottleneck. */
  loadBusy?: number;
}

/** Whether the subject has what the scenario measures. */
export function takesPart(subject: Subject, scenario: Scenario): boolean {
  if (scenario.only ? !scenario.only.includes(subject.id) : subject.isVariant) return false;
  if (scenario.kind === 'load') return subject.server !== undefined;
  if (scenario.kind === 'receive') return subject.client !== undefined;
  if (scenario.kind === 'bundle') return subject.client?.bundled ?? false;
  return subject.micro?.includes(scenario.suite) ?? false;
}

/** Measures in fresh processes; throws when a count is not exact. */
export async function takeSample(
  scenario: Scenario,
  subject: Subject,
  options: SampleOptions,
): Promise<Sample> {
  return await withChildren(async (start) => {
    if (scenario.kind === 'load') return await sampleLoad(scenario, subject, options, start);
    if (scenario.kind === 'receive') return await sampleReceive(scenario, subject, options, start);
    if (scenario.kind === 'bundle') {
      return { value: (await bundleBytes(subject.client!.name)) / 1024, units: 1 };
    }
    return await sampleMicro(scenario, subject, options, start);
  });
}

const measured = {
  cpu: ({ cpuMicros }: Usage) => cpuMicros,
  memory: ({ rssDelta }: Usage) => rssDelta / 1024,
  'live bytes': ({ liveDelta }: Usage) => liveDelta,
} satisfies Record<LoadScenario['measures'], (usage: Usage) => number>;

async function sampleLoad(
  scenario: LoadScenario,
  subject: Subject,
  { seconds, profile }: SampleOptions,
  start: StartChild,
): Promise<Sample> {
  const { module, dialect } = subject.server!;
  const { measures } = scenario;
  const collect = measures !== 'cpu';
  const server = await start('servers/main.js', [module], {
    core: measuredCore,
    exposeGc: collect,
  });
  const load = await start('load/main.js', [], { core: loadCore });
  const port = await server.call<number>('port');
  await load.call('prepare', { load: scenario.load, dialect, port, params: scenario.params });
  const run = (durationMs: number) => {
    return load.call<LoadOutcome>('run', { durationMs }, durationMs + 60_000);
  };
  if (scenario.warmUp) await run(Math.max(scenario.warmUpMs ?? 500, seconds * 500));
  await server.call('start', { collect, profile });
  const { units, sent, loadCpuMicros } = await run(seconds * 1000);
  const usage = await server.call<Usage & { received: number }>('stop');
  if (units === 0) throw new Error('Nothing was done.');
  if (sent !== undefined && usage.received !== sent) {
    throw new Error(`The server consumed ${usage.received} of ${sent} messages.`);
  }
  return {
    value: measured[measures](usage) / units,
    units,
    busy: usage.cpuMicros / 1000 / usage.wallMs,
    wallMs: usage.wallMs,
    loadBusy: loadCpuMicros / 1000 / usage.wallMs,
  };
}

async function sampleReceive(
  scenario: ReceiveScenario,
  subject: Subject,
  { profile }: SampleOptions,
  start: StartChild,
): Promise<Sample> {
  const { name, dialect } = subject.client!;
  const source = await start('receive/source.js', [dialect], { core: loadCore });
  const client = await start('receive/main.js', [name], { core: measuredCore });
  await client.call('connect', { port: await source.call<number>('port') });
  const receive = async (messages: number, profilePath?: string) => {
    await client.call('start', { messages, profile: profilePath });
    const [usage] = await Promise.all([
      client.call<Usage>('stop'),
      source.call('blast', { messages }),
    ]);
    return usage;
  };
  await receive(scenario.messages / 5);
  const usage = await receive(scenario.messages, profile);
  return {
    value: usage.cpuMicros / scenario.messages,
    units: scenario.messages,
    busy: usage.cpuMicros / 1000 / usage.wallMs,
    wallMs: usage.wallMs,
  };
}

async function sampleMicro(
  scenario: MicroScenario,
  subject: Subject,
  { seconds, profile }: SampleOptions,
  start: StartChild,
): Promise<Sample> {
  const args = [scenario.suite, scenario.task, subject.id];
  const child = await start('micro/main.js', args, { core: measuredCore });
  const durationMs = seconds * 500;
  const { micros } = await child.call<{ micros: number }>('run', { durationMs, profile });
  return { value: scenario.suite === 'streams' ? micros * 1000 : micros, units: 1 };
}
