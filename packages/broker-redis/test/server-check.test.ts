import { describe, expect, it } from 'vitest';
import { assertPrimary, findObstacles } from '../src/server-check.js';

const server = (version: string) =>
  `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n`;
const memory = (policy: string) => `# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:${policy}\r\n`;

describe('what a Redis server says of itself', () => {
  it.each(['6.2.0', '7.0.15', '8.0.1', '10.0.0'])('version %s may keep logs', (version) => {
    expect(findObstacles(server(version), memory('noeviction'), false)).toEqual([]);
  });

  it('is too old, or deletes what it should keep', () => {
    expect(findObstacles(server('6.0.16'), memory('allkeys-lru'), false)).toEqual([
      'Redis 6.0.16 is too old for logs of channels; use 6.2 or later',
      expect.stringMatching(
        /^The maxmemory-policy of Redis is allkeys-lru: .* set it to noeviction$/,
      ),
    ]);
    expect(findObstacles(server('6.2.7'), memory('noeviction'), true)).toEqual([
      'Redis 6.2.7 knows no sharded channels; use 7.0 or later, or leave sharded out',
    ]);
  });

  it('is not complained about when it does not say', () => {
    expect(findObstacles('', '', true)).toEqual([]);
  });

  it('must not be a replica to publish at', () => {
    expect(() => assertPrimary('# Replication\r\nrole:master\r\n')).not.toThrow();
    expect(() => assertPrimary('# Replication\r\nrole:slave\r\n')).toThrow(
      'connect to the primary',
    );
  });
});
