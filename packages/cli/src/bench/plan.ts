import type { DialectName } from './dialects.js';

/** What clients do while it is measured. */
export type Scenario = 'fan-out' | 'channels' | 'calls' | 'connect';

/** All of a run, as it travels to the processes that make the load. Nothing in it changes. */
export interface BenchPlan {
  /** Tells messages of this run from those of others; in the names of channels, and in each message. */
  readonly run: string;
  readonly scenario: Scenario;
  /** Where to connect to. */
  readonly url: string;
  /** What follows its question mark. Not shown, because it may hold secrets. */
  readonly query: string;
  readonly dialect: DialectName;
  /** Headers of the upgrade requests. */
  readonly headers: Readonly<Record<string, string>>;
  readonly insecure: boolean;
  readonly token: string | null;
  /** Subscribers, callers, or mere connections. */
  readonly clients: number;
  /** Connections that publish and do nothing else; 0 where nobody publishes. */
  readonly publishers: number;
  readonly channels: number;
  /** Channels that each client subscribes to. */
  readonly subscriptions: number;
  /** Publications or calls a second, of all clients together. */
  readonly rate: number;
  readonly durationMs: number;
  /** Connections begun a second, of all processes together. */
  readonly connectRate: number;
  /** Size of the data of each message, in bytes of JSON. */
  readonly bytes: number;
  readonly procedure: string;
  /** How long a connection may take, and all that is waited for after the last message. */
  readonly timeoutMs: number;
  /** What has not come after so much silence is lost. */
  readonly patienceMs: number;
}

/** Which part of the load a process makes: the clients and publishers whose number leaves this rest. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/** Whether a client or a publisher with this number belongs to the share. */
export function isMine(number: number, { index, of }: Share): boolean {
  return number % of === index;
}

/** Numbers below a count that belong to a share. */
export function mine(count: number, { index, of }: Share): number[] {
  const numbers: number[] = [];
  for (let number = index; number < count; number += of) numbers.push(number);
  return numbers;
}

/** Publications or calls of the whole run. */
export function arrivalsOf({ rate, durationMs }: BenchPlan): number {
  return Math.floor((rate * durationMs) / 1_000);
}

/** When an arrival is due, in ms from the start. It depends on nothing that has happened: that makes the model open. */
export function dueAt(arrival: number, { rate }: BenchPlan): number {
  return (arrival * 1_000) / rate;
}

/**
 * A publisher on a channel. Its messages are numbered from 0, so that every subscriber can tell what it missed. With more
 * publishers than channels several share a channel, with fewer each has several.
 */
export interface Line {
  readonly channel: number;
  readonly publisher: number;
}

/** How many there are: arrivals take turns on them. */
export function lineCount({ channels, publishers }: BenchPlan): number {
  return publishers === 0 ? 0 : Math.max(channels, publishers);
}

export function lineAt(line: number, { channels, publishers }: BenchPlan): Line {
  return { channel: line % channels, publisher: line % publishers };
}

/** How many messages the plan has for a line. */
export function plannedOn(line: number, plan: BenchPlan): number {
  const lines = lineCount(plan);
  return Math.max(0, Math.ceil((arrivalsOf(plan) - line) / lines));
}

/** The channels of a client: neighbours, so that subscriptions are spread evenly. */
export function channelsOf(client: number, { channels, subscriptions }: BenchPlan): number[] {
  const count = Math.min(channels, subscriptions);
  return Array.from({ length: count }, (_, index) => (client * count + index) % channels);
}

/** How much each publication or call brings back: on average over the channels, and if all clients connect. */
export function deliveriesPerMessage({
  scenario,
  clients,
  channels,
  subscriptions,
}: BenchPlan): number {
  if (scenario === 'calls') return 1;
  return (clients * Math.min(channels, subscriptions)) / Math.max(1, channels);
}

export function channelName(channel: number, { run }: BenchPlan): string {
  return `bench:${run}:${channel}`;
}
