import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BenchLimits } from '../bench/limits.js';
import type { PlanOptions } from '../bench/make-plan.js';
import type { Scenario } from '../bench/plan.js';
import type { CounterSources } from '../bench/server-counters.js';
import {
  addUpgradeOptions,
  positiveInteger,
  positiveNumber,
} from '../connection/connection-options.js';
import { metricsUrl } from '../metrics/metrics-url.js';
import type { Terminal } from '../terminal.js';

/** All options of `asyngular bench`. */
export interface BenchOptions extends PlanOptions, BenchLimits, CounterSources {
  readonly processes: number;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const scenarios: { readonly [Name in Scenario]: string } = {
  'fan-out': 'every client subscribes to one channel',
  channels: 'many channels, and clients subscribe to some of them',
  calls: 'clients call a procedure that answers',
  connect: 'clients connect and stay',
};

/** Adds `asyngular bench`, with a command for each scenario. */
export function addBench(program: Command, terminal: Terminal): void {
  const bench = program
    .command('bench')
    .description('load a server with many clients, and account for every message');
  for (const [name, description] of Object.entries(scenarios)) {
    addScenario(bench.command(name).description(description), name as Scenario, terminal);
  }
}

function addScenario(command: Command, scenario: Scenario, terminal: Terminal): void {
  addLoadOptions(command, scenario);
  addTargetOptions(command, terminal);
  addOutcomeOptions(command);
  command.action(async (options: BenchOptions) => {
    const { runBench } = await import('../bench/run-bench.js');
    return runBench(scenario, options, terminal);
  });
}

function addLoadOptions(command: Command, scenario: Scenario): void {
  command
    .option('-c, --clients <n>', 'connections, without those that publish', positiveInteger, 100)
    .option('--connect-rate <n>', 'connections begun a second', positiveNumber, 200)
    .option('-d, --duration <s>', 'how long it is measured', positiveNumber, 10)
    .option(
      '--processes <n>',
      'processes that make the load; 0: this one',
      wholeNumber,
      Math.max(1, availableParallelism() - 1),
    );
  if (scenario === 'connect') return;
  const what = scenario === 'calls' ? 'calls' : 'publications';
  command
    .option('-r, --rate <n>', `${what} a second, of all clients together`, positiveNumber, 100)
    .option('--bytes <n>', 'size of the data of each message', positiveInteger, 128);
  if (scenario === 'calls') {
    command.option('--procedure <name>', 'what is called; it gets an object', 'echo');
    return;
  }
  command.option('--publishers <n>', 'connections that publish', positiveInteger, 1);
  if (scenario === 'fan-out') return;
  command
    .option('--channels <n>', 'how many there are', positiveInteger, 100)
    .option('--subscriptions <n>', 'channels of each client', positiveInteger, 1);
}

function addTargetOptions(command: Command, terminal: Terminal): void {
  command
    .option(
      '-u, --url <url>',
      'where the server is; also ASYNGULAR_URL',
      terminal.env.ASYNGULAR_URL ?? 'ws://localhost:8000',
    )
    .addOption(
      new Option('--protocol <name>', 'what the server speaks')
        .choices(['asyngular', 'socketcluster', 'socketcluster-1', 'socket.io'])
        .default('asyngular'),
    );
  addUpgradeOptions(command).option(
    '--timeout <ms>',
    'for each connection, and for what is missing at the end',
    positiveNumber,
    10_000,
  );
}

function addOutcomeOptions(command: Command): void {
  command
    .option('--patience <ms>', 'silence after which what is missing is lost', positiveNumber, 2_000)
    .option('--metrics <url>', "the server's metrics, read before and after", metricsUrl)
    .option(
      '--server-pid <pid>',
      'process of a server on this machine: its CPU time',
      positiveInteger,
    )
    .option('--max-loss <percent>', 'limit of lost messages', atLeastZero)
    .option('--max-p99 <ms>', 'limit of the latency of 99 in 100 messages', atLeastZero)
    .option('--max-failed <n>', 'limit of connections that failed', atLeastZero)
    .option('--max-duplicate <n>', 'limit of messages that came twice', atLeastZero)
    .option('--report <file>', 'write a page with plots')
    .option('--json', 'print the outcome as JSON');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It has to be a whole number, 0 or above.');
}

function atLeastZero(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && text !== '') return value;
  throw new InvalidArgumentError('It has to be a number, 0 or above.');
}
