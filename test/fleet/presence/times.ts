// Larger and longer, and as quick as promised: npm run fleet:presence -- --runs 3
const isLarge = process.env.FLEET === 'large';

/** How often each fault happens. */
export const runs = Number(process.env.FLEET_RUNS ?? 1);

export const size = {
  ...(isLarge
    ? { members: 1_000, outageMs: 5_000, apartMs: 10_000 }
    : { members: 60, outageMs: 1_500, apartMs: 7_000 }),
  // The defaults.
  serverTimeout: 4_500,
  presenceGrace: 5_000,
};

/** How much longer than promised agreement may take: other tests keep the machine busy meanwhile. */
export const patienceFactor = isLarge ? 1 : 5;
