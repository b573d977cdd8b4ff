import { CommandError } from '../command-error.js';
import type { BenchOptions } from '../commands/bench.js';
import { readToken } from '../connection/connection-options.js';
import { exitCodes } from '../exit-codes.js';
import { print, type Terminal } from '../terminal.js';
import { showValue } from '../values.js';
import { startInChild } from './child-process.js';
import { conduct } from './conduct.js';
import { exitCodeOf, judge } from './limits.js';
import { makePlan } from './make-plan.js';
import { startInOwnProcess } from './own-process.js';
import type { BenchPlan, Scenario } from './plan.js';
import { type BenchReport, limitLine, printReport } from './print-outcome.js';
import { Progress } from './progress.js';
import { difference, readCounters } from './server-counters.js';

/** Runs a scenario, prints what it has shown, and throws when it is not what the limits ask for. */
export async function runBench(
  scenario: Scenario,
  options: BenchOptions,
  terminal: Terminal,
): Promise<void> {
  const plan = makePlan(scenario, options, await readToken(options, terminal));
  const { assertWritable, writeReport } = await import('./report-page.js');
  if (options.report !== undefined) await assertWritable(options.report);
  const report = await measure(plan, options, terminal);
  if (options.json) print(terminal, showValue(report));
  else printReport(report, terminal);
  if (options.report !== undefined) await writeReport(options.report, report);
  failOn(report);
}

async function measure(
  plan: BenchPlan,
  options: BenchOptions,
  terminal: Terminal,
): Promise<BenchReport> {
  const progress = new Progress(plan, terminal);
  const [before, after] = [[], []] as [Record<string, number>[], Record<string, number>[]];
  const processes = Math.max(1, options.processes);
  const start = options.processes === 0 ? startInOwnProcess : startInChild;
  try {
    const outcome = await conduct(plan, processes, start, terminal.signal, {
      phase: (phase) => progress.phase(phase),
      connected: (count) => progress.connected(count),
      tick: (tick) => progress.tick(tick),
      measuring: async () => void before.push(await readCounters(options)),
      measured: async () => void after.push(await readCounters(options)),
    });
    return {
      ...outcome,
      processes: options.processes,
      server: difference(before[0] ?? {}, after[0] ?? {}),
      limits: judge(outcome, options),
    };
  } finally {
    progress.end();
  }
}

function failOn(report: BenchReport): void {
  const code = exitCodeOf(report, report.limits);
  if (code === exitCodes.saturated) {
    throw new CommandError(
      code,
      `The load generator was saturated (${report.generator.saturated.join('; ')}); use a lower --rate, or more --processes`,
    );
  }
  if (code === exitCodes.limitMissed) {
    const missed = report.limits.filter(({ isKept }) => !isKept);
    throw new CommandError(
      code,
      `Not kept: ${missed.map((limit) => limitLine(limit).text).join(', ')}; see the outcome above`,
    );
  }
}
