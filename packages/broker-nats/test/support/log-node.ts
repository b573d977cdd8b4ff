import type { Appended, LogPolicy, LogPosition } from '@asyngular/broker';
import type { StoredEntry } from '@asyngular/broker/transport';
import { until } from '@asyngular/test-utils/wait';
import { connect } from '@nats-io/transport-node';
import type { NatsLogOptions } from '../../src/log/stream-config.js';
import { NatsTransport } from '../../src/nats-transport.js';

/** A history that no test outgrows by accident. */
export const policy: LogPolicy = {
  size: 10,
  ttlMs: 300_000,
  maxBytes: 1_000_000,
  idempotencyWindowMs: 120_000,
};

let prefixes = 0;
/** A fleet of its own. */
export function newPrefix(): string {
  return `log-${process.pid}-${prefixes++}`;
}

/** One transport with its log, and what it reports. */
export class LogNode {
  readonly transport: NatsTransport;
  readonly entries: { readonly channel: string; readonly entry: StoredEntry }[] = [];
  readonly warnings: Error[] = [];
  readonly losses: string[] = [];
  isConnected = false;
  readonly #name: string;
  readonly #port: number;
  #sent = 0;

  private constructor(
    name: string,
    port: number,
    prefix: string,
    log: NatsLogOptions,
    timeoutMs: number,
  ) {
    this.#name = name;
    this.#port = port;
    this.transport = new NatsTransport({
      prefix,
      connection: undefined,
      options: { port, reconnectTimeWait: 50, timeout: 2_000 },
      interestDelayMs: 100,
      log,
      timeoutMs,
    });
  }

  static async open(
    name: string,
    port: number,
    prefix: string,
    log: NatsLogOptions = {},
    timeoutMs = 5_000,
  ): Promise<LogNode> {
    const node = new LogNode(name, port, prefix, log, timeoutMs);
    node.transport.open({
      onConnected: () => {
        node.isConnected = true;
      },
      onDisconnected: (reason) => {
        node.isConnected = false;
        node.losses.push(reason);
      },
      onMessage: () => {},
      onEntry: (channel, entry) => node.entries.push({ channel, entry }),
      onAttemptFailed: () => {},
      onWarning: (error) => node.warnings.push(error),
    });
    await node.connected();
    return node;
  }

  get log() {
    return this.transport.log;
  }

  connected(): Promise<void> {
    return until(`node ${this.#name} to be connected`, () => this.isConnected);
  }

  /** An envelope as a `FleetLog` makes it. */
  envelope(text: string): Buffer {
    const head = Buffer.alloc(34);
    head[0] = 1 << 4;
    head.write(this.#name.padEnd(16, '-'), 1, 16, 'latin1');
    head.writeUIntBE(++this.#sent, 17, 6);
    return Buffer.concat([head, Buffer.from(text)]);
  }

  append(channel: string, text: string, id?: string, more: Partial<LogPolicy> = {}) {
    return this.appendEnvelope(channel, this.envelope(text), id, { ...policy, ...more });
  }

  appendEnvelope(
    channel: string,
    data: Uint8Array,
    id?: string,
    itsPolicy = policy,
  ): Promise<Appended> {
    return new Promise((onStored, onFailed) => {
      this.log.append({ channel, data, id, policy: itsPolicy, oldest: data, onStored, onFailed });
    });
  }

  async top(channel: string, more: Partial<LogPolicy> = {}): Promise<LogPosition> {
    const tops = await this.log.tops([{ channel, policy: { ...policy, ...more } }]);
    return tops.get(channel)!;
  }

  async after(channel: string, after: LogPosition, limit = 100, more: Partial<LogPolicy> = {}) {
    const page = await this.log.read(
      channel,
      { after, limit, maxBytes: 1_000_000 },
      { ...policy, ...more },
    );
    return { ...page, texts: page.entries.map(textOf) };
  }

  async newest(
    channel: string,
    limit = 100,
    before?: LogPosition,
    maxBytes = 1_000_000,
    more: Partial<LogPolicy> = {},
  ) {
    const page = await this.log.read(channel, { before, limit, maxBytes }, { ...policy, ...more });
    return { ...page, texts: page.entries.map(textOf) };
  }

  /** What the service says of a stream, over a connection of its own. */
  async streamState(prefix: string, sizeClass: number): Promise<Record<string, unknown>> {
    const { state } = await this.service(`STREAM.INFO.${prefix}-log-${sizeClass}`);
    return state as Record<string, unknown>;
  }

  /** Calls JetStream's API as an operator does. */
  async service(name: string, request?: object): Promise<Record<string, unknown>> {
    const connection = await connect({ port: this.#port });
    const body = request ? JSON.stringify(request) : '';
    const answer = await connection.request(`$JS.API.${name}`, body);
    await connection.close();
    return answer.json();
  }

  /** What arrived live on a channel. */
  live(channel: string): string[] {
    return this.entries.filter((it) => it.channel === channel).map(({ entry }) => textOf(entry));
  }

  close(): Promise<void> {
    return this.transport.close(1_000);
  }
}

/** The payload behind the envelope's head. */
export function textOf({ data }: StoredEntry): string {
  return Buffer.from(data.subarray(34)).toString();
}
