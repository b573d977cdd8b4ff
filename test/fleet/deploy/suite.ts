import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerKind } from '../support/server-process.js';
import { DeployFleet, patience, percentile, size } from './deploy-fleet.js';

/** Three server processes, their broker, and clients in rooms, through a rolling deploy and a crash. */
export function testDeploy(kind: BrokerKind): void {
  describe(`a fleet on ${kind}`, () => {
    let fleet: DeployFleet;
    const lines: string[] = [];
    beforeAll(async () => {
      fleet = await DeployFleet.start(kind);
    }, 180_000);
    afterAll(async () => {
      await fleet?.stop();
      console.log(
        `\n${size.clients} clients of ours and ${size.published} published ones on ${kind}, ${size.rate} publications a second\n` +
          '| what | lost | twice | out of order | disconnects | moves | more |\n' +
          `| --- | --: | --: | --: | --: | --: | --- |\n${lines.join('\n')}`,
      );
    }, 60_000);

    it('is replaced, one server after the other, and nobody notices', async () => {
      fleet.publish();
      const delays: number[] = [];
      for (const [index, server] of fleet.servers.entries()) {
        const bystander = fleet.servers[(index + 1) % fleet.servers.length]!;
        delays.push(...(await fleet.bystand(bystander, () => fleet.replace(server))));
      }
      await fleet.settle();
      const p99 = Math.round(percentile(delays, 0.99));
      for (const channels of ['plain', 'log'] as const) {
        report(`deploy, ${channels}`, channels, `bystanders p99 ${p99} ms`);
        const { lost, twice, late, got } = fleet.count(fleet.clients, channels);
        expect.soft({ lost, twice, late }).toEqual({ lost: 0, twice: 0, late: 0 });
        expect.soft(got).toBeGreaterThan(0);
      }
      expect.soft(fleet.failed).toEqual([]);
      expect.soft(fleet.clients.filter(({ disconnects }) => disconnects > 0)).toHaveLength(0);
      expect.soft(fleet.clients.every(({ migrations }) => migrations > 0)).toBe(true);
      const ofPublished = fleet.count(fleet.published, 'log');
      lines.push(
        `| deploy, published clients, log | ${ofPublished.lost} | ${ofPublished.twice} (rewind) | | ${sumOf(fleet.published.map(({ disconnects }) => disconnects))} | 0 | |`,
      );
      expect.soft(ofPublished.lost).toBe(0);
    }, 300_000);

    it('loses a server by kill -9, and nothing that is in a log', async () => {
      const [server] = fleet.servers;
      fleet.publish();
      const since = performance.now();
      await fleet.crash(server!);
      await patience.until('all to be back', () => fleet.all.every(({ isOpen }) => isOpen));
      const seconds = ((performance.now() - since) / 1_000).toFixed(1);
      await fleet.settle();
      await fleet.restart(server!);
      const { lost, twice } = fleet.count(fleet.clients, 'log');
      report('crash, log', 'log', `all back after ${seconds} s`);
      expect.soft({ lost, twice }).toEqual({ lost: 0, twice: 0 });
      expect.soft(fleet.count(fleet.published, 'log').lost).toBe(0);
    }, 180_000);

    function report(what: string, channels: 'plain' | 'log', more: string): void {
      const { lost, twice, late } = fleet.count(fleet.clients, channels);
      const disconnects = sumOf(fleet.clients.map((client) => client.disconnects));
      const moves = sumOf(fleet.clients.map(({ migrations }) => migrations));
      lines.push(
        `| ${what} | ${lost} | ${twice} | ${late} | ${disconnects} | ${moves} | ${more} |`,
      );
    }
  });
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
