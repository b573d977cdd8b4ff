import type { LogPolicy } from '@asyngular/broker';
import { channelToSubject } from '../subject.js';
import { errorCodes, type JetStreamApi, JetStreamError, type StreamInfo } from './api.js';
import {
  classOf,
  createConfig,
  type NatsLogOptions,
  raiseConfig,
  type StreamConfig,
  unfitness,
} from './stream-config.js';

const NANOS_PER_MS = 1_000_000;

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
  /** The subject of a channel's publications. */
  subjectOf(channel: string): string;
}

interface StreamClass {
  /** The most that was asked for. */
  wanted: StreamConfig;
  present: LogStream | undefined;
  /** `present` was confirmed, and nothing unexpected has happened since. */
  isConfirmed: boolean;
  /** `present` was found over an earlier connection, after which everything is compared anyway. */
  isOfBefore: boolean;
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
  readonly #prefix: string;
  readonly #options: NatsLogOptions;
  readonly #events: StreamEvents;
  readonly #classes = new Map<number, StreamClass>();

  constructor(api: JetStreamApi, prefix: string, options: NatsLogOptions, events: StreamEvents) {
    this.#api = api;
    this.#prefix = prefix;
    this.#options = options;
    this.#events = events;
  }

  /** The stream that holds logs with this policy, made or changed if it has to be. */
  ready(policy: LogPolicy): LogStream | Promise<LogStream> {
    const streamClass = this.#classFor(policy);
    const { present, isConfirmed } = streamClass;
    if (present && isConfirmed) return present;
    streamClass.opening ??= this.#open(streamClass).finally(() => {
      streamClass.opening = undefined;
    });
    return streamClass.opening;
  }

  /** Takes what the service says of a stream now; made again if it is gone. */
  async current(policy: LogPolicy): Promise<{ stream: LogStream; lastSequence: number }> {
    const { name } = await this.ready(policy);
    try {
      const info = await this.#api.streamInfo(name);
      return { stream: this.#adopt(this.#classFor(policy), info), lastSequence: lastOf(info) };
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.doubt(policy);
      return { stream: await this.ready(policy), lastSequence: 0 };
    }
  }

  /** The stream of a class, if it was ever asked for. */
  ofClass(sizeClass: number): LogStream | undefined {
    return this.#classes.get(sizeClass)?.present;
  }

  /** Every stream that is known. */
  all(): LogStream[] {
    const present = [...this.#classes.values()].map((streamClass) => streamClass.present);
    return present.filter((stream) => stream !== undefined);
  }

  /** Something unexpected happened: the next `ready()` asks again. */
  doubt(policy: LogPolicy): void {
    this.#classFor(policy).isConfirmed = false;
  }

  /** Another connection may lead to another server, or to one that has lost its memory. */
  doubtAll(): void {
    for (const streamClass of this.#classes.values()) {
      streamClass.isConfirmed = false;
      streamClass.isOfBefore = true;
    }
  }

  #classFor(policy: LogPolicy): StreamClass {
    const sizeClass = classOf(policy.size);
    const existing = this.#classes.get(sizeClass);
    if (!existing) {
      const wanted = createConfig(this.#prefix, policy, this.#options);
      const created: StreamClass = {
        wanted,
        present: undefined,
        isConfirmed: false,
        isOfBefore: false,
        opening: undefined,
      };
      this.#classes.set(sizeClass, created);
      return created;
    }
    const more = raiseConfig(existing.wanted, createConfig(this.#prefix, policy, this.#options));
    if (more) {
      existing.wanted = more;
      existing.isConfirmed = false;
    }
    return existing;
  }

  async #open(streamClass: StreamClass): Promise<LogStream> {
    for (;;) {
      const { wanted } = streamClass;
      const info = await this.#ensure(wanted);
      this.#check(info.config, wanted);
      const raised = raiseConfig(info.config, wanted);
      const stream = this.#adopt(streamClass, raised ? await this.#api.updateStream(raised) : info);
      // Somebody may have asked for more meanwhile.
      if (wanted !== streamClass.wanted) continue;
      streamClass.isConfirmed = true;
      return stream;
    }
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
      // Another server was faster, with options of its own.
      if (!(error instanceof JetStreamError) || error.errorCode !== errorCodes.nameInUse)
        throw error;
      return await this.#api.streamInfo(wanted.name);
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

  #adopt(streamClass: StreamClass, { created, config }: StreamInfo): LogStream {
    const epoch = epochOf(created);
    const { present, isOfBefore } = streamClass;
    streamClass.isOfBefore = false;
    const size = config.max_msgs_per_subject - 1;
    const freshMs = config.max_age / NANOS_PER_MS / 2;
    if (present?.epoch === epoch && present.size === size && present.freshMs === freshMs) {
      return present;
    }
    const root = config.subjects[0]!.slice(0, -'.>'.length);
    streamClass.present = {
      name: config.name,
      epoch,
      createdMs: Date.parse(created),
      size,
      freshMs,
      subjectOf: (channel) => channelToSubject(root, channel),
    };
    if (present && present.epoch !== epoch && !isOfBefore) this.#events.onReborn(config.name);
    return streamClass.present;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof JetStreamError && error.errorCode === errorCodes.noStream;
}

function lastOf({ state }: StreamInfo): number {
  return state.last_seq;
}

/** `2026-11-28T21:55:17.544555447Z` in nanoseconds, with the digits of base 36. */
function epochOf(created: string): string {
  const fraction = /\.(\d+)/.exec(created)?.[1] ?? '';
  const seconds = BigInt(Math.floor(Date.parse(created) / 1_000));
  return (seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))).toString(36);
}
