import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Arguments, parseArguments, usage } from './arguments.js';
import type { ScenarioResult } from './measure/results.js';
import { measureScenario } from './measure/rounds.js';
import { describeEnvironment, type Environment } from './report/environment.js';
import { renderHtml } from './report/html.js';
import { formatHotSpots } from './report/profile.js';
import { formatScenario } from './report/table.js';
import { type Scenario, scenarios } from './scenarios.js';
import { type Subject, subjects, subjectVersions } from './subjects.js';

const showsProgress = process.stdout.isTTY === true;

function progress(text: string): void {
  if (showsProgress) process.stdout.write(`\r\x1b[K${text}`);
  else console.log(`… ${text}`);
}

function print(text: string): void {
  console.log(`${showsProgress ? '\r\x1b[K' : ''}${text}`);
}

function leaveOutMissing(wanted: Subject[]): Subject[] {
  return wanted.filter((subject) => {
    if (subjectVersions(subject)) return true;
    const names = subject.packages.map(({ name }) => name).join(', ');
    print(`Left out: ${subject.label} (${names} not installed; npm ci --prefix peers).`);
    return false;
  });
}

function writeReport(folder: string, environment: Environment, results: ScenarioResult[]): void {
  const json = resolve(folder, 'report.json');
  const html = resolve(folder, 'report.html');
  writeFileSync(json, `${JSON.stringify({ environment, results }, undefined, 2)}\n`);
  writeFileSync(html, renderHtml(environment, results));
  print(`\nWritten: ${json}\n         ${html}`);
}

async function run(args: Arguments): Promise<void> {
  const folder = args.output
    ? resolve(args.output)
    : fileURLToPath(new URL('../results/', import.meta.url));
  const profiles = resolve(folder, 'profiles');
  mkdirSync(args.profile ? profiles : folder, { recursive: true });
  const profilePath = args.profile
    ? (scenario: Scenario, subject: Subject) => {
        return resolve(profiles, `${scenario.id}.${subject.id}.cpuprofile`);
      }
    : undefined;

  const taking = leaveOutMissing(args.subjects);
  const environment = describeEnvironment(taking, args);
  const versions = Object.entries(environment.versions).map((entry) => entry.join(' '));
  print(
    `Node ${environment.node}, ${environment.cores} × ${environment.cpu}, ` +
      `${environment.pinned ? 'pinned to two cores' : 'NOT pinned: no taskset, or one core'}; ` +
      `${args.seconds} s × ${args.rounds} rounds, ${environment.payloadBytes}-byte payloads.\n` +
      `${versions.join(', ')}.\nOnly ratios within this run mean anything.`,
  );

  const results: ScenarioResult[] = [];
  for (const scenario of args.scenarios) {
    const result = await measureScenario(scenario, taking, {
      seconds: args.seconds,
      rounds: args.rounds,
      profilePath,
      onProgress: progress,
    });
    if (result.results.length === 0) continue;
    results.push(result);
    print(`\n${formatScenario(result)}`);
    for (const { subject, label, error } of profilePath ? result.results : []) {
      const path = profilePath!(scenario, subjects.find(({ id }) => id === subject)!);
      if (error !== undefined || !existsSync(path)) continue;
      print(`\n  Hot spots of ${label} (self time; ${path}):\n${formatHotSpots(path)}`);
    }
  }
  writeReport(folder, environment, results);
  const failed = results.flatMap(({ results }) => results).some(({ error }) => error !== undefined);
  if (failed) process.exitCode = 1;
}

try {
  const args = parseArguments(process.argv.slice(2));
  if (args.show === 'help') console.log(usage);
  else if (args.show === 'list') {
    console.log(`Scenarios: ${scenarios.map(({ id }) => id).join(', ')}`);
    console.log(`Subjects: ${subjects.map(({ id }) => id).join(', ')}`);
  } else await run(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
