import type { LogPolicy } from '@asyngular/broker';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { RedisBrokerOptions } from '../../src/index.js';
import { LogNode } from './log-node.js';

/** A Redis server for all tests of a file. After each of them its nodes are closed, and it is emptied. */
export class RedisWithNodes {
  readonly #nodes: LogNode[] = [];
  #service: Service | undefined;
  #admin: Redis | undefined;

  constructor() {
    beforeAll(async () => {
      this.#service = await startRedis();
      this.#admin = new Redis(this.#service.port);
    });
    afterEach(async () => {
      await Promise.all(this.#nodes.splice(0).map(({ broker }) => broker.close()));
      await this.#admin?.flushall();
    });
    afterAll(async () => {
      this.#admin?.disconnect();
      await this.#service?.stop();
    });
  }

  /** A client that looks at what nodes have left there, and changes it. */
  get admin(): Redis {
    return this.#admin!;
  }

  /** For a user whose password is `secret`, or for the default one. */
  urlFor(user?: string): string {
    const credentials = user === undefined ? '' : `${user}:secret@`;
    return `redis://${credentials}127.0.0.1:${this.#service!.port}`;
  }

  async start(policy: Partial<LogPolicy> = {}, options: RedisBrokerOptions = {}): Promise<LogNode> {
    const node = await LogNode.start({ url: this.urlFor(), ...options }, policy);
    this.#nodes.push(node);
    return node;
  }
}
