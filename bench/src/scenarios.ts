import type { LoadParams } from './load/load.js';
import type { LoadName } from './load/main.js';

/** A number to reach, from the table of goals. */
export type Goal = (
  | /** At most `times` what `subject` needs. */
  { kind: 'at-most'; times: number; subject: string }
  /** At least `times` cheaper than `subject`. */
  | { kind: 'cheaper'; times: number; subject: string }
  /** At most `value` in the scenario's unit. */
  | { kind: 'absolute'; value: number }
) & {
  /** The subject that is to reach it (default `asyngular`). */
  of?: string;
};

/** What a log in memory may cost a fan-out. */
const historyGoal: Goal = {
  kind: 'at-most',
  times: 1.15,
  subject: 'asyngular',
  of: 'asyngular-history',
};

interface Common {
  id: string;
  title: string;
  /** What one value means, e.g. `µs of server CPU per delivery`. */
  unit: string;
  goals: Goal[];
  /** Subject whose value the others are divided by. */
  baseline: string;
  /** The only subjects that take part; default: all that can. */
  only?: readonly string[];
}

/** A server under load from the generator. */
export interface LoadScenario extends Common {
  kind: 'load';
  load: LoadName;
  params: LoadParams;
  /** CPU time of the server in µs, or the resident memory in KiB or the living objects and buffers in bytes that it gained. */
  measures: 'cpu' | 'memory' | 'live bytes';
  /** Whether an unmeasured run comes first; false where only a fresh server is the point. */
  warmUp: boolean;
  /** How long that run lasts at least, in ms (default 500). */
  warmUpMs?: number;
}

/** A client library that receives publications from a generator. */
export interface ReceiveScenario extends Common {
  kind: 'receive';
  messages: number;
}

/** A function, measured alone in a process. */
export interface MicroScenario extends Common {
  kind: 'micro';
  suite: 'streams' | 'jwt';
  task: string;
}

/** The size of a client in a browser bundle. */
export interface BundleScenario extends Common {
  kind: 'bundle';
}

export type Scenario = LoadScenario | ReceiveScenario | MicroScenario | BundleScenario;

const delivery = 'µs of server CPU per delivery';
const call = 'µs of server CPU per call';

function fanOut(
  connections: number,
  inFlight: number,
  ...[timesBase, cheaper, ...more]:
    | []
    | [timesBase: number, cheaper: number, ...more: readonly Goal[]]
): LoadScenario {
  const goals: Goal[] =
    timesBase === undefined
      ? []
      : [
          { kind: 'at-most', times: timesBase, subject: 'ws-framed' },
          { kind: 'cheaper', times: cheaper!, subject: 'socket.io' },
          ...more,
        ];
  return {
    id: `fan-out-${connections}-${inFlight}`,
    title: `Fan-out to ${connections.toLocaleString('en')}, ${inFlight} in flight`,
    unit: delivery,
    kind: 'load',
    load: 'fan-out',
    params: { connections, inFlight },
    measures: 'cpu',
    warmUp: true,
    baseline: 'ws-framed',
    goals,
  };
}

function calls(inFlight: number, timesBase: number, cheaper: number): LoadScenario {
  return {
    id: `calls-50-${inFlight}`,
    title: `Calls on 50 connections, ${inFlight} in flight each`,
    unit: call,
    kind: 'load',
    load: 'calls',
    params: { connections: 50, inFlight },
    measures: 'cpu',
    warmUp: true,
    baseline: 'ws',
    goals: [
      { kind: 'at-most', times: timesBase, subject: 'ws' },
      { kind: 'cheaper', times: cheaper, subject: 'socket.io' },
    ],
  };
}

function micro(task: string, title: string): MicroScenario {
  return {
    id: `streams-${task}`,
    title: `Streams: ${title}`,
    unit: 'ns per message',
    kind: 'micro',
    suite: 'streams',
    task,
    baseline: 'socketcluster',
    goals: [],
  };
}

function kept(
  id: string,
  title: string,
  subscribersPerChannel: number,
  goalBytes?: number,
): LoadScenario {
  return {
    id,
    title,
    unit: 'bytes of memory in use per publication',
    kind: 'load',
    load: 'kept',
    params: { connections: 1, channels: 800, before: 100, subscribersPerChannel },
    measures: 'live bytes',
    only: ['asyngular', 'asyngular-history'],
    warmUp: false,
    baseline: 'asyngular',
    goals: goalBytes ? [{ kind: 'absolute', value: goalBytes, of: 'asyngular-history' }] : [],
  };
}

/** The development log and the trace are there, but nobody asked for them: they must cost nothing. */
const logOff = {
  baseline: 'asyngular-silent',
  only: ['asyngular', 'asyngular-silent'],
  // Nothing, and what two runs of the same code differ by.
  goals: [{ kind: 'at-most', times: 1.05, subject: 'asyngular-silent' }],
} satisfies Partial<Scenario>;

/** Calls that are timed, because somebody looks at metrics. */
function metrics(inFlight: number): LoadScenario {
  return {
    id: `metrics-calls-${inFlight}`,
    title: `With metrics: calls on 50 connections, ${inFlight} in flight each`,
    unit: call,
    kind: 'load',
    load: 'calls',
    params: { connections: 50, inFlight },
    measures: 'cpu',
    warmUp: true,
    baseline: 'asyngular-handlers',
    only: ['asyngular-handlers', 'asyngular-metrics'],
    goals: [
      { kind: 'at-most', times: 1.01, subject: 'asyngular-handlers', of: 'asyngular-metrics' },
    ],
  };
}

/** Schemas of a contract, beside the same checks written by hand. */
const byContract = {
  baseline: 'asyngular-checked',
  only: ['asyngular-handlers', 'asyngular-contract', 'asyngular-checked'],
  goals: [{ kind: 'at-most', times: 1.3, subject: 'asyngular-checked', of: 'asyngular-contract' }],
} satisfies Partial<Scenario>;

export const scenarios: Scenario[] = [
  fanOut(200, 32, 1.3, 10, historyGoal),
  fanOut(200, 16),
  fanOut(200, 1, 1.1, 1.4),
  fanOut(1000, 32),
  fanOut(1000, 16, 1.3, 8, historyGoal),
  fanOut(1000, 1),
  {
    id: 'many-channels',
    title: '1,000 channels of 5 subscribers, 16 in flight',
    unit: delivery,
    kind: 'load',
    load: 'many-channels',
    params: { connections: 500, channels: 1000, subscribersPerChannel: 5, inFlight: 16 },
    measures: 'cpu',
    warmUp: true,
    baseline: 'ws-framed',
    goals: [],
  },
  calls(1, 1.3, 1.5),
  calls(16, 1.2, 1),
  {
    id: 'flood',
    title: 'One-way messages from 50 connections',
    unit: 'µs of server CPU per message',
    kind: 'load',
    load: 'flood',
    params: { connections: 50 },
    measures: 'cpu',
    warmUp: true,
    baseline: 'ws',
    goals: [],
  },
  {
    id: 'connect',
    title: 'Connect, handshake, authenticate, close',
    unit: 'µs of server CPU per connection',
    kind: 'load',
    load: 'connect',
    params: { connections: 16 },
    measures: 'cpu',
    warmUp: true,
    // Each connection runs every part of it once: it takes some 8,000 until V8 has compiled them all, in any server.
    warmUpMs: 4_000,
    baseline: 'ws',
    goals: [{ kind: 'at-most', times: 1.25, subject: 'ws' }],
  },
  {
    id: 'resubscribe',
    title: '2,000 clients return after a restart, 20 channels each',
    unit: 'µs of server CPU per client',
    kind: 'load',
    load: 'resubscribe',
    params: { connections: 2000, channels: 20 },
    measures: 'cpu',
    warmUp: false,
    baseline: 'ws',
    goals: [],
  },
  {
    id: 'idle',
    title: '4,000 idle connections',
    unit: 'KiB of resident memory per connection',
    kind: 'load',
    load: 'idle',
    params: { connections: 4000, before: 500 },
    measures: 'memory',
    warmUp: false,
    baseline: 'ws',
    goals: [
      { kind: 'at-most', times: 1.4, subject: 'ws' },
      { kind: 'cheaper', times: 1.8, subject: 'socket.io' },
    ],
  },
  kept('kept', 'A publication in a log in memory', 0, 400),
  kept('kept-subscribed', 'The same on channels that have a subscriber', 1),
  {
    id: 'receive',
    title: 'A client receives 300,000 publications',
    unit: 'µs of client CPU per message',
    kind: 'receive',
    messages: 300_000,
    baseline: 'ws',
    // 2.4 µs where ws with JSON.parse took 2.06: the ratio holds on faster machines too.
    goals: [
      { kind: 'absolute', value: 2.4 },
      { kind: 'at-most', times: 1.17, subject: 'ws' },
    ],
  },
  {
    ...logOff,
    id: 'log-off-calls',
    title: 'Development log with nothing to say: calls on 50 connections, 16 in flight each',
    unit: call,
    kind: 'load',
    load: 'calls',
    params: { connections: 50, inFlight: 16 },
    measures: 'cpu',
    warmUp: true,
  },
  {
    ...logOff,
    id: 'log-off-receive',
    title: 'Development log with nothing to say: a client receives 300,000 publications',
    unit: 'µs of client CPU per message',
    kind: 'receive',
    messages: 300_000,
  },
  metrics(1),
  metrics(16),
  {
    ...byContract,
    id: 'contract-calls',
    title: 'A contract: calls on 50 connections, 16 in flight each',
    unit: call,
    kind: 'load',
    load: 'calls',
    params: { connections: 50, inFlight: 16 },
    measures: 'cpu',
    warmUp: true,
  },
  {
    ...byContract,
    id: 'contract-fan-out',
    title: 'A contract: fan-out to 50, 16 in flight',
    unit: delivery,
    kind: 'load',
    load: 'fan-out',
    params: { connections: 50, inFlight: 16 },
    measures: 'cpu',
    warmUp: true,
  },
  {
    id: 'bundle',
    title: 'The client in a browser bundle',
    unit: 'KiB, minified and gzipped',
    kind: 'bundle',
    baseline: 'socket.io',
    goals: [{ kind: 'absolute', value: 10 }],
  },
  {
    id: 'jwt',
    title: 'Verify an HS256 token',
    unit: 'µs of CPU per token',
    kind: 'micro',
    suite: 'jwt',
    task: 'verify',
    baseline: 'fast-jwt',
    goals: [{ kind: 'absolute', value: 20 }],
  },
  micro('consume', 'write and consume, one consumer'),
  micro('consume-10', 'write and consume, ten consumers'),
  micro('unheard', 'write without a consumer'),
  micro('demux', 'demux over 1,000 names, each consumed'),
  micro('demux-unheard', 'demux, name nobody consumes'),
  micro('emit', 'emit to one listener'),
  micro('emit-unheard', 'emit without a listener'),
  micro('once', 'wait for one message with once()'),
];
