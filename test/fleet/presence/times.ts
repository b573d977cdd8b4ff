// Larger, and with the times that are the defaults: npm run fleet:presence -- --runs 3
const isLarge = process.env.FLEET === 'large';

/** How often each fault happens. */
export const runs = Number(process.env.FLEET_RUNS ?? 1);

export const size = isLarge
  ? { members: 1_000, serverTimeout: 4_500, presenceGrace: 5_000, outageMs: 5_000, apartMs: 10_000 }
  : { members: 60, serverTimeout: 2_500, presenceGrace: 3_500, outageMs: 1_500, apartMs: 5_000 };
