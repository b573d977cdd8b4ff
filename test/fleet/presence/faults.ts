import { pause } from '@asyngular/test-utils/wait';
import type { FleetMember } from './fleet-member.js';
import type { PresenceFleet } from './presence-fleet.js';
import { size } from './times.js';

/** What somebody saw, and how long it took. */
export interface Outcome {
  /** Told of members who were there all the time, or back in time. */
  wronglyTold: number;
  /** Who were not back in time. */
  late: number;
  /** Who ended with a server, and how many of them each watcher was told of, at least. */
  ended: number;
  leavesTold: number;
  /** From the end of a server until the last watcher was told of the last leave. */
  leavesAfterMs: number;
  /** From the end of the fault until all watchers saw what is true. */
  agreedAfterMs: number;
}

/** Something that happens to a fleet. */
export interface Fault {
  readonly name: string;
  /** The longest that agreement may take after it, in ms. */
  readonly agreesWithinMs: number;
  /** It lasts so long that members of the other side are seen to leave. */
  readonly isNoticed?: boolean;
  readonly act: (fleet: PresenceFleet) => Promise<Outcome>;
}

let lastWord = 0;

/** Somebody on each side says something, so that there is something to agree about. */
function speak({ residents, others }: PresenceFleet): void {
  lastWord++;
  for (const members of [residents, others]) {
    for (const member of members.slice(0, 3)) member.say(lastWord);
  }
}

/** A machine that is busy with a thousand clients may not get them all back in time; counted from a last heartbeat. */
const LATE_MS = size.presenceGrace - size.serverTimeout / 3 - 250;

/** Begins to note what watchers are told. */
function watch({ watchers, members }: PresenceFleet) {
  for (const watcher of watchers) watcher.told = [];
  for (const member of members) member.longestAwayMs = 0;
  return {
    /** How often they were told that one of these came or left, who was not away for too long. */
    wronglyTold(expected: readonly FleetMember[]): number {
      const inTime = expected.filter(({ longestAwayMs }) => longestAwayMs < LATE_MS);
      const names = new Set(inTime.map(({ state }) => state.name));
      const told = watchers.flatMap((watcher) => watcher.told);
      return told.filter(({ type, name }) => type !== 'update' && names.has(name)).length;
    },
    late: () => members.filter(({ longestAwayMs }) => longestAwayMs >= LATE_MS).length,
  };
}

const nobody = { ended: 0, leavesTold: 0, leavesAfterMs: 0 };

/** What is left of the time in which a lost connection may be noticed. */
const MARGIN_MS = 1_000;

export const faults: readonly Fault[] = [
  {
    name: 'a server killed (-9) with half of the members, of whom half come back elsewhere',
    agreesWithinMs: size.serverTimeout + size.presenceGrace + MARGIN_MS,
    async act(fleet) {
      const { servers, mortals, residents, others, watchers } = fleet;
      const noted = watch(fleet);
      const endedAt = performance.now();
      const kill = fleet.end(servers[0]!, 'kill');
      // With the machine they ran on.
      for (const { client } of mortals) client.disconnect();
      await kill;
      const agreedAfterMs = await fleet.agree(new Set(mortals));
      const names = new Set(mortals.map(({ state }) => state.name));
      const leaves = watchers.map(({ told }) =>
        told.filter(({ type, name }) => type === 'leave' && names.has(name)),
      );
      const last = Math.max(...leaves.flat().map(({ atMs }) => atMs));
      const outcome = {
        wronglyTold: noted.wronglyTold([...residents, ...others]),
        late: noted.late(),
        ended: mortals.length,
        leavesTold: Math.min(...leaves.map(({ length }) => length)),
        leavesAfterMs: last - endedAt,
        agreedAfterMs,
      };
      await fleet.restart(servers[0]!);
      for (const { client } of mortals) client.connect();
      await fleet.agree();
      return outcome;
    },
  },
  {
    name: 'the broker gone for a while',
    agreesWithinMs: 2_000,
    async act(fleet) {
      const noted = watch(fleet);
      await Promise.all(fleet.services.map((service) => service.kill()));
      await pause(size.outageMs / 2);
      speak(fleet);
      await pause(size.outageMs / 2);
      await Promise.all(fleet.services.map((service) => service.start()));
      const agreedAfterMs = await fleet.agree();
      // What would leave after it is gone by then.
      await pause(size.presenceGrace);
      await fleet.agree();
      return {
        ...nobody,
        wronglyTold: noted.wronglyTold(fleet.members),
        late: noted.late(),
        agreedAfterMs,
      };
    },
  },
  {
    name: 'two networks apart for a while',
    agreesWithinMs: 5_000,
    isNoticed: true,
    async act(fleet) {
      const noted = watch(fleet);
      fleet.part();
      await pause(size.apartMs);
      speak(fleet);
      fleet.rejoin();
      const agreedAfterMs = await fleet.agree();
      const left = fleet.watchers.flatMap(({ told }) =>
        told.filter(({ type }) => type === 'leave'),
      );
      // Those of the other side left, and each of them came back once.
      return {
        ...nobody,
        wronglyTold: noted.wronglyTold(fleet.members) - 2 * left.length,
        late: noted.late(),
        leavesTold: left.length,
        agreedAfterMs,
      };
    },
  },
  {
    name: 'all servers drained and replaced, one after the other',
    agreesWithinMs: 2_000,
    async act(fleet) {
      const noted = watch(fleet);
      for (const server of fleet.servers) {
        await fleet.end(server, 'drain');
        await fleet.restart(server);
      }
      speak(fleet);
      const agreedAfterMs = await fleet.agree();
      await pause(size.presenceGrace + MARGIN_MS);
      await fleet.agree();
      const wronglyTold = noted.wronglyTold(fleet.members);
      const late = noted.late();
      await fleet.spread();
      return { ...nobody, wronglyTold, late, agreedAfterMs };
    },
  },
];
