import { loadPeer } from '../peers.js';

/** The streams packages under test have the same API; ours is the typed one. */
interface Streams {
  WritableConsumableStream: new () => any;
  StreamDemux: new () => any;
  AsyncStreamEmitter: new () => any;
}

export async function loadStreams(subject: string): Promise<Streams> {
  if (subject === 'asyngular') return (await import('@asyngular/streams')) as unknown as Streams;
  const pick = (name: string) => {
    const module = loadPeer(name);
    return module.default ?? module;
  };
  return {
    WritableConsumableStream: pick('writable-consumable-stream'),
    StreamDemux: pick('stream-demux'),
    AsyncStreamEmitter: pick('async-stream-emitter'),
  };
}

/** One iteration of a task: `messages` units of work, all done when it returns. */
export interface Task {
  messages: number;
  iterate(): void | Promise<void>;
}

/** Counts what consumers read, and resolves when an iteration's share has arrived. */
class Arrivals {
  #missing = 0;
  #resolve: (() => void) | undefined;

  async consume(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const _message of stream) {
      this.#missing -= 1;
      if (this.#missing === 0) this.#resolve?.();
    }
  }

  wait(count: number): Promise<void> {
    this.#missing += count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

const messages = 1000;

function consumed(streams: Streams, consumers: number): Task {
  const stream = new streams.WritableConsumableStream();
  const arrivals = new Arrivals();
  for (let index = 0; index < consumers; index += 1) void arrivals.consume(stream);
  return {
    messages,
    iterate() {
      const done = arrivals.wait(messages * consumers);
      for (let index = 0; index < messages; index += 1) stream.write(index);
      return done;
    },
  };
}

function demuxed(streams: Streams): Task {
  const demux = new streams.StreamDemux();
  const arrivals = new Arrivals();
  const names = Array.from({ length: 1000 }, (_, index) => `name-${index}`);
  for (const name of names) void arrivals.consume(demux.stream(name));
  return {
    messages,
    iterate() {
      const done = arrivals.wait(names.length);
      for (const name of names) demux.write(name, 1);
      return done;
    },
  };
}

export const streamTasks: Record<string, (streams: Streams) => Task> = {
  consume: (streams) => consumed(streams, 1),
  'consume-10': (streams) => consumed(streams, 10),
  unheard: ({ WritableConsumableStream }) => {
    const stream = new WritableConsumableStream();
    return {
      messages,
      iterate() {
        for (let index = 0; index < messages; index += 1) stream.write(index);
      },
    };
  },
  demux: demuxed,
  'demux-unheard': ({ StreamDemux }) => {
    const demux = new StreamDemux();
    return {
      messages,
      iterate() {
        for (let index = 0; index < messages; index += 1) demux.write('nobody', index);
      },
    };
  },
  emit: ({ AsyncStreamEmitter }) => {
    const emitter = new AsyncStreamEmitter();
    const arrivals = new Arrivals();
    void arrivals.consume(emitter.listener('event'));
    return {
      messages,
      iterate() {
        const done = arrivals.wait(messages);
        for (let index = 0; index < messages; index += 1) emitter.emit('event', index);
        return done;
      },
    };
  },
  'emit-unheard': ({ AsyncStreamEmitter }) => {
    const emitter = new AsyncStreamEmitter();
    return {
      messages,
      iterate() {
        for (let index = 0; index < messages; index += 1) emitter.emit('event', index);
      },
    };
  },
  once: ({ WritableConsumableStream }) => {
    const stream = new WritableConsumableStream();
    return {
      messages: 100,
      async iterate() {
        for (let index = 0; index < 100; index += 1) {
          const received = stream.once();
          stream.write(index);
          if ((await received) !== index) throw new Error('once() resolved with another message.');
        }
      },
    };
  },
};
