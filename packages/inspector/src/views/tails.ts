import type { AGServer } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { Tail } from '../api/snapshots.js';
import type { Clock } from '../clock.js';
import { RefusedError } from '../refused-error.js';
import { preview } from './preview.js';
import { tailSocket } from './socket-tail.js';
import { Sample } from './tail.js';

/** How long after the last question a tail goes on, in ms: its viewer has gone. */
const IDLE_MS = 6_000;
/** Tails at one time. */
const MAX_TAILS = 8;

interface RunningTail {
  readonly sample: Sample;
  end: () => void;
  cancelIdle: () => void;
}

/** What passes on channels and sockets while somebody watches. Several viewers of one share it. */
export class Tails {
  readonly #server: AGServer;
  readonly #inspection: ServerInspection;
  readonly #clock: Clock;
  readonly #running = new Map<string, RunningTail>();

  constructor(server: AGServer, inspection: ServerInspection, clock: Clock) {
    this.#server = server;
    this.#inspection = inspection;
    this.#clock = clock;
  }

  /** Tails that run. */
  get size(): number {
    return this.#running.size;
  }

  /** The lines behind one that is known; the first question begins the tail. Throws `RefusedError`. */
  read(of: 'channel' | 'socket', name: string, after: number): Tail {
    const key = `${of} ${name}`;
    const tail = this.#running.get(key) ?? this.#begin(key, of, name);
    tail.cancelIdle();
    tail.cancelIdle = this.#clock.after(IDLE_MS, () => this.#end(key));
    return tail.sample.read(after);
  }

  close(): void {
    for (const key of [...this.#running.keys()]) this.#end(key);
  }

  #begin(key: string, of: 'channel' | 'socket', name: string): RunningTail {
    if (this.#running.size >= MAX_TAILS) {
      throw new RefusedError(
        429,
        `${MAX_TAILS} channels and sockets are being watched on this server; close one of those views first`,
      );
    }
    const sample = new Sample(this.#clock);
    const end = of === 'channel' ? this.#tailChannel(name, sample) : this.#tailSocket(name, sample);
    const tail = { sample, end, cancelIdle: () => {} };
    this.#running.set(key, tail);
    return tail;
  }

  #end(key: string): void {
    const tail = this.#running.get(key);
    if (!this.#running.delete(key)) return;
    tail!.cancelIdle();
    tail!.end();
  }

  #tailChannel(name: string, sample: Sample): () => void {
    const watching = this.#inspection.watchChannel(name, (publication) =>
      sample.add({
        way: 'on',
        bytes: publication.byteLength,
        text: () => preview(() => publication.data, publication.byteLength),
      }),
    );
    watching.catch((error: unknown) => {
      sample.ended = error instanceof Error ? error.message : String(error);
    });
    return () => void watching.then((end) => end()).catch(() => {});
  }

  #tailSocket(id: string, sample: Sample): () => void {
    const socket = this.#server.clients[id];
    if (socket === undefined) throw new RefusedError(404, `The socket ${id} is not open any more`);
    return tailSocket(socket, sample);
  }
}
