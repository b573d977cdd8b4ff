import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fleetHealth } from '../src/sums/fleet.js';
import { worstStatus } from '../src/sums/health.js';
import { sumStats } from '../src/sums/stats.js';

const stats = fc.record({
  clients: fc.nat(),
  limits: fc.record({ maxClients: fc.nat(), rateLimits: fc.nat() }),
  history: fc.option(fc.record({ reads: fc.nat(), bytes: fc.nat() }), { nil: undefined }),
});

it('every number of a sum is the sum of that number, whichever parts are missing', () => {
  fc.assert(
    fc.property(fc.array(stats, { minLength: 1, maxLength: 8 }), (all) => {
      const sum = sumStats(all as any) as any;
      const total = (read: (one: (typeof all)[number]) => number | undefined) =>
        all.reduce((before, one) => before + (read(one) ?? 0), 0);
      expect(sum.clients).toBe(total(({ clients }) => clients));
      expect(sum.limits.rateLimits).toBe(total(({ limits }) => limits.rateLimits));
      const hasHistory = all.some(({ history }) => history);
      expect(sum.history?.bytes).toBe(
        hasHistory ? total(({ history }) => history?.bytes) : undefined,
      );
      // In any order, and of sums as of single ones.
      const [first, ...others] = all;
      const rest = sumStats(others as any);
      expect(sumStats([first, ...(rest ? [rest] : [])] as any)).toEqual(sum);
    }),
  );
  expect(sumStats([])).toBeUndefined();
});

it('the status of several servers is the worst one', () => {
  expect(worstStatus(['ok', 'ok'])).toBe('ok');
  expect(worstStatus(['ok', 'degraded', 'draining'])).toBe('draining');
  expect(worstStatus([])).toBe('starting');
});

it.each([
  ['all are well', ['ready', 'ready'], ['ok', 'ok'], 'ok', true],
  ['one is missing', ['ready'], ['ok'], 'degraded', true],
  ['one has lost its broker', ['ready', 'ready'], ['ok', 'degraded'], 'degraded', true],
  ['all have lost their broker', ['ready', 'ready'], ['degraded', 'degraded'], 'degraded', false],
  ['one does not answer', ['ready', 'ready'], ['ok', undefined], 'degraded', true],
  ['they start', ['starting', 'starting'], ['starting', undefined], 'starting', false],
  ['they leave', ['leaving', 'leaving'], ['draining', 'draining'], 'draining', false],
  ['one replaces another', ['ready', 'ready', 'leaving'], ['ok', 'ok', 'draining'], 'ok', true],
  ['there is none', [], [], 'starting', false],
] as const)('health of the fleet when %s', (_what, states, answered, status, isReady) => {
  const runs = states.map((state, index) => ({ id: index, pid: 100 + index, state }));
  const answers = new Map(
    answered.flatMap((one, index) => (one ? [[index, [{ status: one }]] as const] : [])),
  );
  const health = fleetHealth({ answers, failures: new Map(), silent: [] }, runs, 2);
  expect([health.status, health.isReady]).toEqual([status, isReady]);
  expect(health.workers.map(({ state }) => state)).toEqual(states);
});
