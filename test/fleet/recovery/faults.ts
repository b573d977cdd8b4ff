import { answers } from '@asyngular/test-utils/service';
import { pause } from '@asyngular/test-utils/wait';
import type { BrokerKind } from '../support/server-process.js';
import { fleetPatience, type RecoveryFleet, ROOMS, SLOW_CHANNEL } from './recovery-fleet.js';

/** Something that happens to a fleet; it is over when `act` resolves. */
export interface Fault {
  readonly name: string;
  /** What becomes of the logs; `rolled back`: their newest publications are gone. */
  readonly logs: 'kept' | 'lost' | 'rolled back';
  /** It happens to a disk, or to single messages; the local broker has no disk, and sockets of one machine lose nothing. */
  readonly needs?: 'disk' | 'network';
  /** The broker's process ends, and with it what it has in its memory. */
  readonly endsBroker?: boolean;
  readonly act: (fleet: RecoveryFleet) => Promise<void>;
  /** Nothing is published at random from its beginning on. */
  readonly isQuiet?: boolean;
  /** Members that are there for this fault alone. */
  readonly guests?: { readonly channel: string; readonly count: number };
}

const { until } = fleetPatience;

const CROWD_CHANNEL = 'crowd';
/** As many come back at once on one channel. */
const crowdSize = Number(process.env.FLEET_CROWD ?? 300);
const MISSED_BY_CROWD = 20;

const SLOW_PADDING = 'x'.repeat(512 * 1024);

/** What deletes every log of a running broker, and how it says that it has. */
const deletion: Partial<Record<BrokerKind, readonly [request: string, answer: string]>> = {
  redis: ['FLUSHALL\r\n', '+OK'],
  nats: [
    'CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.DELETE.asyngular-log-10000 answer 0\r\n\r\n',
    '"success":true',
  ],
};

const serverFaults: readonly Fault[] = [
  {
    name: 'server killed (-9), back after 300 ms',
    logs: 'kept',
    act: async ({ servers }) => {
      await servers[0]!.kill();
      await pause(300);
      await servers[0]!.start();
    },
  },
  {
    name: 'all servers drained and replaced, one after the other',
    logs: 'kept',
    act: async ({ servers }) => {
      for (const server of servers) {
        await server.leave('drain');
        await server.start();
      }
    },
  },
  {
    name: 'server stopped for 4 s, its clients leave it',
    logs: 'kept',
    act: async ({ servers }) => {
      servers[1]!.signal('SIGSTOP');
      await pause(4_000);
      servers[1]!.signal('SIGCONT');
    },
  },
];

const brokerFaults: readonly Fault[] = [
  {
    name: 'broker killed (-9), back after 300 ms',
    logs: 'kept',
    endsBroker: true,
    act: async ({ broker }) => {
      await broker.kill();
      await pause(300);
      await broker.start();
    },
  },
  {
    name: 'broker stopped for 4 s',
    logs: 'kept',
    act: async ({ broker }) => {
      broker.signal('SIGSTOP');
      await pause(4_000);
      broker.signal('SIGCONT');
    },
  },
  {
    name: 'broker killed (-9), back with an empty disk',
    logs: 'lost',
    needs: 'disk',
    act: async (fleet) => {
      await fleet.broker.kill();
      fleet.wipeDisk();
      await fleet.broker.start();
    },
  },
  {
    name: 'broker killed (-9), back without its last 500 ms',
    logs: 'rolled back',
    needs: 'disk',
    act: async (fleet) => {
      fleet.copyDisk();
      // A busy machine might publish nothing in that time.
      await Promise.all([pause(500), fleet.burst(10)]);
      await fleet.broker.kill();
      fleet.rollBackDisk();
      await fleet.broker.start();
    },
  },
  {
    name: 'all logs deleted (FLUSHALL, stream deleted)',
    logs: 'lost',
    needs: 'disk',
    act: async (fleet) => {
      await until('the deletion', () =>
        answers(Number(fleet.broker.address), ...deletion[fleet.kind]!),
      );
      // Nobody announces it. The next publication shows it; without one, comparing does, which takes up to 40 s.
      await fleet.publishOnEach(fleet.channels);
    },
  },
];

const networkFaults: readonly Fault[] = [
  {
    name: 'every third live message to one server dropped, for 1 s',
    logs: 'kept',
    needs: 'network',
    act: async ({ lossy: [lossy] }) => {
      let passing = 0;
      const before = lossy!.dropped;
      lossy!.drops = () => ++passing % 3 === 0;
      await pause(1_000);
      await until('some to be dropped', () => lossy!.dropped > before);
      lossy!.drops = () => false;
    },
  },
  {
    name: 'last live messages before silence dropped on the way to one server',
    logs: 'kept',
    needs: 'network',
    isQuiet: true,
    act: async (fleet) => {
      const [lossy] = fleet.lossy;
      lossy!.drops = () => true;
      const before = lossy!.dropped;
      await fleet.publishOnEach(ROOMS);
      await until('them to be dropped', () => lossy!.dropped >= before + ROOMS.length);
      lossy!.drops = () => false;
    },
  },
];

const clientFaults: readonly Fault[] = [
  {
    name: 'a third of the clients cut three times, while they catch up',
    logs: 'kept',
    act: async (fleet) => {
      const [gate] = fleet.gates;
      gate!.cut();
      for (let round = 0; round < 3; round++) {
        await fleet.burst(100);
        const { recovered } = fleet;
        gate!.restore();
        await until('one of them to catch up', () => fleet.recovered > recovered);
        gate!.cut();
      }
      gate!.restore();
    },
  },
  {
    name: 'publications not answered, sent again after a cut',
    logs: 'kept',
    act: async (fleet) => {
      const [, gate] = fleet.gates;
      gate!.stopReading();
      const publisher = fleet.membersAt(gate!)[0]!;
      const [channel] = publisher.tracks.keys();
      const sent = Array.from({ length: 20 }, () => publisher.publish(channel!));
      const last = publisher.publications.at(-1)!;
      await until('the last one to arrive elsewhere', () =>
        fleet.members.some(({ tracks }) => tracks.get(channel!)?.read.includes(last.id)),
      );
      gate!.cut();
      gate!.restore();
      await Promise.all(sent);
      const known = publisher.publications.filter(({ isDuplicate }) => isDuplicate);
      if (known.length < sent.length) throw new Error(`${known.length} of 20 were known already`);
    },
  },
  {
    name: 'slow clients',
    logs: 'kept',
    act: async (fleet) => {
      const [slow] = fleet.membersAt(fleet.slowGate);
      const publisher = fleet.members.find(({ tracks }) => tracks.has(SLOW_CHANNEL))!;
      const isNoticed = async () => (await fleet.sum('catchingUp')) > 0;
      await until('a server to notice', async () => {
        // Three seconds without a heartbeat, and it is back on another connection.
        if (slow!.isSubscribed) fleet.slowGate.stopReading();
        // The sockets on the way take a few MiB.
        const burst = Array.from({ length: 8 }, () =>
          publisher.publish(SLOW_CHANNEL, SLOW_PADDING),
        );
        await Promise.all(burst);
        return isNoticed();
      });
      fleet.slowGate.resumeReading();
    },
  },
  {
    name: 'tokens expired while their clients were away',
    logs: 'kept',
    act: async (fleet) => {
      const members = fleet.membersAt(fleet.guestGate);
      // Tokens expire by the second, so that this one is good for two to three.
      await Promise.all(members.map((member) => member.logIn(3_000)));
      fleet.guestGate.cut();
      await pause(3_100);
      fleet.guestGate.restore();
    },
  },
  {
    name: `${crowdSize} clients back at once on one channel`,
    logs: 'kept',
    guests: { channel: CROWD_CHANNEL, count: crowdSize },
    act: async ({ members }) => {
      const crowd = members.filter(({ tracks }) => tracks.has(CROWD_CHANNEL));
      const [publisher, ...others] = crowd;
      for (const member of others) member.leave();
      for (let index = 0; index < MISSED_BY_CROWD; index++) {
        await publisher!.publish(CROWD_CHANNEL);
      }
      for (const member of others) member.comeBack();
    },
  },
];

const faults: readonly Fault[] = [
  ...serverFaults,
  ...brokerFaults,
  ...networkFaults,
  ...clientFaults,
];

/** What may happen to a fleet on a broker of that kind. */
export function faultsOf(kind: BrokerKind): readonly Fault[] {
  if (kind !== 'local') return faults;
  return faults
    .filter(({ needs }) => !needs)
    .map((fault) => (fault.endsBroker ? { ...fault, logs: 'lost' } : fault));
}
