import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { AGClientSocket, ClientOptions } from '../src/index.js';
import { outcome, pass, start, useVirtualTime } from './support/harness.js';
import { randomFrom } from './support/random.js';
import { SharedStorage, TokenServer } from './support/tabs.js';

beforeEach(useVirtualTime);

/** The same histories each time; others by the environment. */
const parameters = {
  seed: Number(process.env.SEED ?? 20_261_129),
  numRuns: Number(process.env.RUNS ?? 100),
};

const LONG_MS = 3_600_000;
/** Long enough for everything under way, short enough for tokens that live long. */
const QUIET_MS = 60_000;

interface Step {
  readonly tab: number;
  readonly action: 'login' | 'logout' | 'authenticate' | 'drop' | 'reconnect';
  /** How long the server takes for a login. */
  readonly delayMs: number;
  readonly lifeMs: number;
  readonly pauseMs: number;
}

function steps(actions: Step['action'][], tabs = 3): fc.Arbitrary<Step[]> {
  const step = fc.record({
    tab: fc.nat(tabs - 1),
    action: fc.constantFrom(...actions),
    delayMs: fc.constantFrom(0, 10, 150),
    lifeMs: fc.constantFrom(300, LONG_MS, LONG_MS),
    pauseMs: fc.constantFrom(0, 1, 4, 20, 100, 400),
  });
  return fc.array(step, { minLength: 2, maxLength: 14 });
}

/** The token of a login comes after a logout in another tab, while this tab presents what that one has stored since. */
const lateLogin: Step[] = [
  { tab: 0, action: 'login', delayMs: 0, lifeMs: LONG_MS, pauseMs: 400 },
  { tab: 1, action: 'login', delayMs: 150, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'authenticate', delayMs: 0, lifeMs: 300, pauseMs: 0 },
];

/** A token is presented anew while the one before is still being stored; both are given up by the logout that follows. */
const slowStorage: Step[] = [
  { tab: 0, action: 'drop', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'login', delayMs: 10, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 100 },
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 400 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 400 },
];

/** While one tab has yet to tell the server that a login came too late, it hears that another has changed the storage. */
const lateLoginBesideChange: Step[] = [
  { tab: 1, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 400 },
  { tab: 0, action: 'login', delayMs: 150, lifeMs: LONG_MS, pauseMs: 0 },
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: LONG_MS, pauseMs: 0 },
];

/** The token that this tab tells the server again, after a login that came too late, is not yet what it has stored. */
const unstoredToken: Step[] = [
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'drop', delayMs: 0, lifeMs: 300, pauseMs: 400 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 400 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: LONG_MS, pauseMs: 400 },
  { tab: 0, action: 'authenticate', delayMs: 0, lifeMs: 300, pauseMs: 4 },
  { tab: 0, action: 'login', delayMs: 10, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'logout', delayMs: 0, lifeMs: 300, pauseMs: 0 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 100 },
  { tab: 0, action: 'login', delayMs: 0, lifeMs: 300, pauseMs: 0 },
];

interface World {
  readonly server: TokenServer;
  readonly storage: SharedStorage;
  readonly tabs: readonly AGClientSocket[];
}

/** Tabs of one origin on one server, which are closed after `use`. */
async function withTabs(
  seed: number,
  {
    count = 3,
    maxDelayMs = 0,
    ...options
  }: ClientOptions & { count?: number; maxDelayMs?: number },
  use: (world: World) => Promise<void>,
): Promise<void> {
  const random = randomFrom(seed);
  const server = new TokenServer(random);
  const storage = new SharedStorage(random);
  const tabs = Array.from({ length: count }, () => {
    const { engine, platform } = storage.tab(maxDelayMs);
    return start({ ...options, authEngine: engine, platform }, server).socket;
  });
  for (const tab of tabs) tab.connect();
  await pass(2_000);
  try {
    await use({ server, storage, tabs });
  } finally {
    await Promise.all(tabs.map((tab) => tab[Symbol.asyncDispose]()));
    await pass();
  }
}

async function take({ server, tabs }: World, plan: readonly Step[]): Promise<void> {
  for (const { tab, action, delayMs, lifeMs, pauseMs } of plan) {
    const socket = tabs[tab]!;
    if (action === 'login') void outcome(socket.invoke('login', { delayMs, lifeMs }));
    if (action === 'logout') void socket.deauthenticate();
    if (action === 'authenticate') void outcome(socket.authenticate(server.issue(LONG_MS)));
    if (action === 'drop') connectionOf(server, socket)?.drop(1006);
    if (action === 'reconnect') socket.reconnect();
    await pass(pauseMs);
  }
}

function connectionOf(server: TokenServer, socket: AGClientSocket) {
  return server.connections.find((connection) => connection === socket.transport?.socket);
}

/** Everything is at rest, and all tabs are connected. */
async function settle({ tabs }: World): Promise<void> {
  await pass(QUIET_MS);
  expect(tabs.map(({ state }) => state)).toEqual(tabs.map(() => 'open'));
}

function expectBothEndsToAgree({ server, tabs }: World): void {
  for (const tab of tabs) {
    expect(server.tokenOf(connectionOf(server, tab)!)).toBe(tab.signedAuthToken);
  }
}

const seeds = fc.nat(2 ** 31);

it('following tabs end with the stored token, on both ends', async () => {
  const all = steps(['login', 'logout', 'authenticate', 'drop', 'reconnect']);
  const delays = fc.constantFrom(0, 30, 300);
  await fc.assert(
    fc.asyncProperty(seeds, delays, all, (seed, maxDelayMs, plan) =>
      withTabs(seed, { maxDelayMs, syncAuthTokens: true }, async (world) => {
        await take(world, plan);
        await settle(world);
        expectBothEndsToAgree(world);
        const { server, storage, tabs } = world;
        expect(tabs.map(({ signedAuthToken }) => signedAuthToken)).toEqual(
          tabs.map(() => storage.text),
        );
        // Each change makes each other tab present a token once at most.
        const asked = plan.filter(({ action }) => action === 'authenticate').length;
        expect(server.presented - asked).toBeLessThanOrEqual(storage.changes * tabs.length);
        expect(storage.changes).toBeLessThanOrEqual(plan.length * 2);
      }),
    ),
    {
      ...parameters,
      examples: [
        [0, 0, lateLogin],
        [0, 300, lateLoginBesideChange],
      ],
    },
  );
}, 300_000);

it('of the wishes of one tab the latest comes true, on both ends', async () => {
  const all = steps(['login', 'logout', 'authenticate', 'drop'], 1);
  const last = fc.constantFrom('login' as const, 'logout' as const);
  const delays = fc.constantFrom(0, 30, 300);
  await fc.assert(
    fc.asyncProperty(seeds, delays, all, last, (seed, maxDelayMs, plan, action) =>
      withTabs(seed, { maxDelayMs, count: 1 }, async (world) => {
        await take(world, plan);
        // A connection that is lost takes calls with it, so the last wish is made on one that stays.
        const [tab] = world.tabs as [AGClientSocket];
        if (tab.state !== 'open') await pass(10_000);
        await take(world, [{ tab: 0, action, delayMs: 150, lifeMs: LONG_MS, pauseMs: 0 }]);
        await settle(world);
        expectBothEndsToAgree(world);
        expect(world.storage.text).toBe(tab.signedAuthToken);
        expect(tab.authState).toBe(action === 'logout' ? 'unauthenticated' : 'authenticated');
        tab.reconnect();
        await settle(world);
        expectBothEndsToAgree(world);
        expect(world.storage.text).toBe(tab.signedAuthToken);
        expect(tab.authState).toBe(action === 'logout' ? 'unauthenticated' : 'authenticated');
      }),
    ),
    {
      ...parameters,
      examples: [
        [450152467, 300, slowStorage, 'logout'],
        [816078801, 300, unstoredToken, 'logout'],
      ],
    },
  );
}, 300_000);

it('tabs that do not follow each other remove only tokens that have ended', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, steps(['login', 'authenticate', 'drop', 'reconnect']), (seed, plan) =>
      withTabs(seed, {}, async (world) => {
        await take(world, plan);
        await settle(world);
        expectBothEndsToAgree(world);
        const { server, storage, tabs } = world;
        for (const { text, atMs } of storage.removals) {
          expect(server.hasEnded(text, atMs)).toBe(true);
        }
        // After a reload all have what is stored.
        for (const tab of tabs) tab.reconnect();
        await settle(world);
        for (const tab of tabs) expect(tab.signedAuthToken).toBe(storage.text);
      }),
    ),
    parameters,
  );
}, 300_000);
