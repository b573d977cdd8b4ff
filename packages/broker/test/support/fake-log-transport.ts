import {
  ConnectionLostError,
  type LogTransport,
  type StoredPage,
  type TransportAppend,
} from '@asyngular/broker/transport';
import type { Appended, LogPolicy, LogPosition, ReadOptions } from '../../src/index.js';

/** A call that the service has taken and not answered yet. */
interface Pending<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

interface PendingAppend
  extends Pending<Appended>,
    Pick<TransportAppend, 'channel' | 'data' | 'id' | 'oldest'> {}

interface PendingRead extends Pending<StoredPage> {
  readonly options: ReadOptions;
}

interface PendingTops extends Pending<ReadonlyMap<string, LogPosition>> {
  readonly channels: readonly string[];
}

/** The logs of a service whose every answer the test gives by itself. */
export class FakeLogTransport implements LogTransport {
  mostInFlight = 1;
  readonly appends: PendingAppend[] = [];
  readonly reads: PendingRead[] = [];
  readonly topsAsked: PendingTops[] = [];
  readonly followed: string[][] = [];
  readonly unfollowed: string[] = [];

  maxInFlight(): number {
    return this.mostInFlight;
  }

  append(append: TransportAppend): void {
    const { channel, data, id, oldest } = append;
    const resolve = (appended: Appended) => append.onStored(appended);
    const reject = (error: Error) => append.onFailed(error);
    this.appends.push({ channel, data, id, oldest, resolve, reject });
  }

  isTemporary(error: Error): boolean {
    return 'isTemporary' in error;
  }

  isUnanswered(error: Error): boolean {
    return 'isUnanswered' in error;
  }

  async follow(channels: readonly string[]): Promise<void> {
    this.followed.push([...channels]);
  }

  async unfollow(channel: string): Promise<void> {
    this.unfollowed.push(channel);
  }

  read(_channel: string, options: ReadOptions): Promise<StoredPage> {
    return new Promise((resolve, reject) => this.reads.push({ options, resolve, reject }));
  }

  tops(
    asked: readonly { channel: string; policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>> {
    const channels = asked.map(({ channel }) => channel);
    return new Promise((resolve, reject) => this.topsAsked.push({ channels, resolve, reject }));
  }

  /** What a lost connection does to calls without an answer. */
  loseAnswers(): void {
    const lost = new ConnectionLostError('cut');
    for (const { reject } of [...this.appends, ...this.reads, ...this.topsAsked]) reject(lost);
  }
}
