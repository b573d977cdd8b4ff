import type { LogPolicy } from '@asyngular/broker';
import { channelToSubject } from '../subject.js';
import { errorCodes, type JetStreamApi, JetStreamError, type StreamInfo } from './api.js';
import {
  classOf,
  createConfig,
  type FleetStreams,
  isEnough,
  raiseConfig,
  type StreamConfig,
  streamName,
  unfitness,
} from './stream-config.js';

/** What a server hears whose stream is being made by another one. */
const TAKEN: ReadonlySet<number> = new Set([errorCodes.nameInUse, errorCodes.subjectsInUse]);
const NANOS_PER_MS = 1_000_000;
/** From this version on, a stream in memory finds the publication before another one without a search. */
const SEARCHES_UNTIL: readonly [number, number] = [2, 10];
/** Messages that may have to be searched for each publication: about half a millisecond. */
const MAX_SEARCHED = 20_000;

/** One stream as it is now, with everything that follows from it. */
export interface LogStream {
  readonly name: string;
  /** From the stream's time of birth: one that was lost and made again has another. */
  readonly epoch: string;
  readonly createdMs: number;
  /** Publications kept of each channel. */
  readonly size: number;
  /** How long what was true of a channel's end can still be built on, in ms: half the age of expiry. */
  readonly freshMs: number;
  /**
   * A server that is not there any more has taken the stream with it. From files it would know those repeats only
   * whose first time was not trimmed meanwhile.
   */
  readonly isInMemory: boolean;
  /** The subject of a channel's publications. */
  subjectOf(channel: string): string;
}

/** What this node needs of one class. */
interface Wanted {
  /** The most that was asked for. */
  config: StreamConfig;
  /** The stream was confirmed, and nothing unexpected has happened since. */
  isConfirmed: boolean;
  opening: Promise<LogStream> | undefined;
}

/** What `LogStreams` reports. */
export interface StreamEvents {
  /** A stream whose name we know is another one now: every position in it is void. */
  onReborn(name: string): void;
  onWarning(error: Error): void;
}

/** The streams of one fleet, created and adjusted when they are first needed. */
export class LogStreams {
  readonly #api: JetStreamApi;
  readonly #fleet: FleetStreams;
  readonly #events: StreamEvents;
  readonly #wanted = new Map<number, Wanted>();
  readonly #present = new Map<number, LogStream>();
  /** Classes found over an earlier connection. After a loss of connection everything is compared anyway. */
  readonly #ofBefore = new Set<number>();
  #version = '';
  readonly #searched = new Set<string>();

  constructor(api: JetStreamApi, fleet: FleetStreams, events: StreamEvents) {
    this.#api = api;
    this.#fleet = fleet;
    this.#events = events;
  }

  /** The stream that holds logs with this policy, made or changed if it has to be. */
  ready(policy: LogPolicy): LogStream | Promise<LogStream> {
    const sizeClass = classOf(policy.size);
    const wanted = this.#wantedFor(sizeClass, policy);
    const present = this.#present.get(sizeClass);
    if (wanted.opening) return wanted.opening;
    if (present && wanted.isConfirmed) return present;
    const opening = this.#open(sizeClass, wanted);
    wanted.opening = opening;
    // The first of those who wait for it: nobody who comes later is served before any of them.
    const opened = () => {
      const current = this.#wanted.get(sizeClass);
      if (current?.opening === opening) current.opening = undefined;
    };
    opening.then(opened, opened);
    return opening;
  }

  /** Takes what the service says of a stream now; made again if it is gone. */
  async current(policy: LogPolicy): Promise<{ stream: LogStream; lastSequence: number }> {
    const { name } = await this.ready(policy);
    try {
      const info = await this.#api.streamInfo(name);
      const stream = this.#adopt(classOf(policy.size), info);
      return { stream, lastSequence: info.state.last_seq };
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.doubt(policy);
      return { stream: await this.ready(policy), lastSequence: 0 };
    }
  }

  /** The stream of a class, as far as it is known. */
  ofClass(sizeClass: number): LogStream | undefined {
    return this.#present.get(sizeClass);
  }

  /** Looks for a stream that another server made; `undefined`: there is none, or not of ours. */
  async find(sizeClass: number): Promise<LogStream | undefined> {
    const name = streamName(this.#fleet.prefix, sizeClass);
    return this.#adopt(sizeClass, await this.#api.streamInfo(name));
  }

  /** Every stream that is known. */
  all(): LogStream[] {
    return [...this.#present.values()];
  }

  /** Which server this connection leads to, like `2.11.4`. */
  setVersion(version: string): void {
    this.#version = version;
  }

  /** Something unexpected happened: the next `ready()` asks again. */
  doubt(policy: LogPolicy): void {
    this.#wantedFor(classOf(policy.size), policy).isConfirmed = false;
  }

  /** Another connection may lead to another server, or to one that has lost its memory. */
  doubtAll(): void {
    for (const wanted of this.#wanted.values()) wanted.isConfirmed = false;
    for (const sizeClass of this.#present.keys()) this.#ofBefore.add(sizeClass);
  }

  #wantedFor(sizeClass: number, policy: LogPolicy): Wanted {
    const existing = this.#wanted.get(sizeClass);
    if (existing && isEnough(existing.config, policy)) return existing;
    const config = createConfig(this.#fleet, policy);
    const wanted: Wanted = {
      config: existing ? (raiseConfig(existing.config, config) ?? config) : config,
      isConfirmed: false,
      opening: existing?.opening,
    };
    this.#wanted.set(sizeClass, wanted);
    return wanted;
  }

  async #open(sizeClass: number, wanted: Wanted): Promise<LogStream> {
    const info = await this.#ensure(wanted.config);
    this.#check(info.config, wanted.config);
    const raised = raiseConfig(info.config, wanted.config);
    const stream = this.#adopt(sizeClass, raised ? await this.#api.updateStream(raised) : info);
    wanted.isConfirmed = true;
    return stream;
  }

  async #ensure(wanted: StreamConfig): Promise<StreamInfo> {
    try {
      return await this.#api.streamInfo(wanted.name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    try {
      return await this.#api.createStream(wanted);
    } catch (error) {
      if (!(error instanceof JetStreamError) || !TAKEN.has(error.errorCode)) throw error;
      // Another server was faster. If it is another stream that has the subjects, ours is still missing.
      return await this.#api.streamInfo(wanted.name).catch(() => {
        throw error;
      });
    }
  }

  #check(present: StreamConfig, wanted: StreamConfig): void {
    const reason = unfitness(present, wanted);
    if (reason) {
      throw new Error(
        `The JetStream stream ${present.name} cannot hold logs: ${reason}. Remove it, or set another subjectPrefix`,
      );
    }
    if (present.storage === wanted.storage) return;
    this.#events.onWarning(
      new Error(
        `The JetStream stream ${present.name} is kept in ${present.storage}, not in ${wanted.storage} as natsBroker() was asked for; JetStream cannot change that. Remove the stream while no server runs, and it is made anew`,
      ),
    );
  }

  /** Slower with each channel, until nothing is answered in time: better said before. */
  #warnOfSearch({ config: { name, storage }, state: { messages } }: StreamInfo): void {
    if (storage !== 'memory' || messages <= MAX_SEARCHED || this.#searched.has(name)) return;
    const [major = 0, minor = 0] = this.#version.split('.').map(Number);
    const [sinceMajor, sinceMinor] = SEARCHES_UNTIL;
    if (major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)) return;
    this.#searched.add(name);
    this.#events.onWarning(
      new Error(
        `The JetStream stream ${name} keeps ${messages} messages in memory, and NATS server ${this.#version} searches them with each publication; use ${SEARCHES_UNTIL.join('.')} or later, or set log.storage to "file" and remove the stream while no server runs`,
      ),
    );
  }

  #adopt(sizeClass: number, info: StreamInfo): LogStream {
    this.#warnOfSearch(info);
    const { created, config } = info;
    const epoch = epochOf(created);
    const present = this.#present.get(sizeClass);
    const isOfBefore = this.#ofBefore.delete(sizeClass);
    const size = config.max_msgs_per_subject - 1;
    const freshMs = config.max_age / NANOS_PER_MS / 2;
    if (present?.epoch === epoch && present.size === size && present.freshMs === freshMs) {
      return present;
    }
    const root = config.subjects[0]!.slice(0, -'.>'.length);
    const createdMs = Date.parse(created);
    const subjectOf = (channel: string) => channelToSubject(root, channel);
    const stream = {
      name: config.name,
      epoch,
      createdMs,
      size,
      freshMs,
      isInMemory: config.storage === 'memory',
      subjectOf,
    };
    this.#present.set(sizeClass, stream);
    if (present && present.epoch !== epoch && !isOfBefore) this.#events.onReborn(config.name);
    return stream;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamError && error.errorCode === errorCodes.noStream;
}

/** `2026-11-28T21:55:17.544555447Z` in nanoseconds, with the digits of base 36. */
function epochOf(created: string): string {
  const fraction = /\.(\d+)/.exec(created)?.[1] ?? '';
  const seconds = BigInt(Math.floor(Date.parse(created) / 1_000));
  return (seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))).toString(36);
}
