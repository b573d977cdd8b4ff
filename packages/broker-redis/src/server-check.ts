/** `INFO` names the state of a demoted server like this. */
const REPLICA = /^role:slave\b/m;
const VERSION = /^redis_version:(\d+)\.(\d+)\S*/m;
const POLICY = /^maxmemory_policy:(\S+)/m;

/** Throws when `INFO replication` is that of a replica: what is published there reaches nobody else. */
export function assertPrimary(info: string): void {
  if (!REPLICA.test(info)) return;
  throw new Error(
    'it is a replica, perhaps demoted just now, and what is published there reaches nobody else; connect to the primary',
  );
}

/** What speaks against keeping logs on this server, from its `INFO server` and `INFO memory`. */
export function findObstacles(server: string, memory: string, isSharded: boolean): string[] {
  const obstacles: string[] = [];
  const [version, major, minor] = VERSION.exec(server) ?? [];
  const isOlderThan = (wantedMajor: number, wantedMinor: number) =>
    Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor);
  const name = version?.replace('redis_version:', 'Redis ');
  if (isOlderThan(6, 2)) {
    obstacles.push(`${name} is too old for logs of channels; use 6.2 or later`);
  }
  if (isSharded && isOlderThan(7, 0)) {
    obstacles.push(`${name} knows no sharded channels; use 7.0 or later, or leave sharded out`);
  }
  const policy = POLICY.exec(memory)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    obstacles.push(
      `The maxmemory-policy of Redis is ${policy}: when its memory is full it deletes logs of channels, and their subscribers cannot recover; set it to noeviction`,
    );
  }
  return obstacles;
}
