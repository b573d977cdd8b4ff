// Process of the clients of the jitter run, each behind a link of its own that keeps breaking.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { FlakyLink } from './flaky-link.js';
import { Hearing } from './hearing.js';
import { type ListenerName, listens } from './listeners.js';

export interface JitterLoad {
  listener: ListenerName;
  ports: number[];
  clients: number;
  /** Time from one cut of a link to the next, and until it is mended, both ± a third. */
  everyMs: number;
  awayMs: number;
}

/** What all clients heard together. */
export interface JitterHeard {
  /** Publications heard, at most once each by each client. */
  delivered: number;
  duplicates: number;
  outOfOrder: number;
  cuts: number;
  replaysMs: number[];
}

interface Client {
  link: FlakyLink;
  hearing: Hearing;
  close(): void;
}

let load: JitterLoad;
let clients: Client[] = [];
let published = 0;
let cuts = 0;
let isJittering = false;
let jitters: Promise<void>[] = [];

const around = (ms: number) => ms * (1 + (Math.random() * 2 - 1) / 3);

async function jitter(link: FlakyLink): Promise<void> {
  // The links do not break together.
  await sleep(Math.random() * load.everyMs);
  while (isJittering) {
    link.cut();
    cuts += 1;
    await sleep(around(load.awayMs));
    link.mend();
    await sleep(around(load.everyMs));
  }
}

answerRequests({
  async prepare(request: JitterLoad) {
    load = request;
    clients = await Promise.all(
      Array.from({ length: load.clients }, async () => {
        const link = await FlakyLink.open(load.ports);
        const hearing = new Hearing(() => published);
        const close = await listens[load.listener](link.port, hearing);
        return { link, hearing, close };
      }),
    );
  },
  published: ({ number }: { number: number }) => {
    published = number;
  },
  startJitter() {
    isJittering = true;
    jitters = clients.map(({ link }) => jitter(link));
  },
  /** Resolves when all links are up for good. */
  async stopJitter() {
    isJittering = false;
    await Promise.all(jitters);
  },
  heard: (): JitterHeard => {
    const sum = (of: (hearing: Hearing) => number) => {
      return clients.reduce((total, { hearing }) => total + of(hearing), 0);
    };
    return {
      delivered: sum(({ count }) => count),
      duplicates: sum(({ duplicates }) => duplicates),
      outOfOrder: sum(({ outOfOrder }) => outOfOrder),
      cuts,
      replaysMs: clients.flatMap(({ hearing }) => hearing.replaysMs),
    };
  },
});
