import { expect, it } from 'vitest';
import {
  createDevelopmentLog,
  isLoggerOption,
  isTraced,
  type Logger,
  QUIET_MS,
} from '../src/development-log.js';

function recorder(): { lines: string[]; logger: Logger } {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  return {
    lines,
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
  };
}

it('writes the first line of a kind, counts those that follow soon, and then says how many', () => {
  const { lines, logger } = recorder();
  let now = 5;
  const report = createDevelopmentLog(logger, () => now);
  for (let i = 0; i < 10; i++) report('warn', 'refused', `channel ${i} is refused`);
  report('error', 'handler', 'a handler threw');
  now += QUIET_MS - 1;
  report('warn', 'refused', 'channel 10 is refused');
  now += 1;
  report('warn', 'refused', 'channel 11 is refused');
  now += QUIET_MS;
  report('warn', 'refused', 'channel 12 is refused');
  expect(lines).toEqual([
    'warn channel 0 is refused',
    'error a handler threw',
    'warn channel 11 is refused (and 10 more of these before)',
    'warn channel 12 is refused',
  ]);
});

it('writes several of a kind where that is asked for', () => {
  const { lines, logger } = recorder();
  let now = 0;
  const report = createDevelopmentLog(logger, () => now);
  for (let i = 0; i < 5; i++) report('warn', 'handler', `error id ${i}`, 3);
  now += QUIET_MS;
  report('warn', 'handler', 'error id 5', 3);
  expect(lines).toEqual([
    'warn error id 0',
    'warn error id 1',
    'warn error id 2',
    'warn error id 5 (and 2 more of these before)',
  ]);
});

it('remembers a bounded number of kinds', () => {
  const { lines, logger } = recorder();
  const report = createDevelopmentLog(logger, () => 0);
  for (let i = 0; i < 1_000; i++) report('info', `kind ${i}`, `line ${i}`);
  expect(lines).toHaveLength(101);
});

it('calls methods on their logger, as classes need it', () => {
  class Counting implements Logger {
    count = 0;
    debug() {}
    info() {}
    warn() {
      this.count++;
    }
    error() {}
  }
  const logger = new Counting();
  createDevelopmentLog(logger, () => 0)('warn', 'a', 'b');
  expect(logger.count).toBe(1);
  expect(isLoggerOption(logger)).toBe(true);
});

it.each([
  [console, true],
  [false, true],
  ['silent', true],
  [true, false],
  ['loud', false],
  [{ warn() {} }, false],
  [null, false],
  [undefined, false],
])('%o as a logger: %s', (value, isAccepted) => {
  expect(isLoggerOption(value)).toBe(isAccepted);
});

it.each([
  ['asyngular:*', true],
  ['*', true],
  ['express:*, asyngular:client', true],
  ['express:* asyngular:client', true],
  ['asyngular:*,-asyngular:client', false],
  ['asyngular:server', false],
  ['asyngular', false],
  ['asyngular:client:packets', false],
  ['', false],
  [undefined, false],
  [null, false],
  ['(', false],
])('DEBUG=%s traces the client: %s', (patterns, expected) => {
  expect(isTraced('asyngular:client', patterns)).toBe(expected);
});
