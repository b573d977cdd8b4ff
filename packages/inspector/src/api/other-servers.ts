import type { FleetTopic, ServerInspection } from '@asyngular/server/internal';
import type { Clock } from '../clock.js';
import { RefusedError } from '../refused-error.js';
import type { InspectorAnswer, LocalServer } from './local-server.js';
import { type InspectorRequest, parseRequest } from './requests.js';

/** Name of the topic on which inspectors talk to each other. */
const TOPIC = 'inspector';
/** How long another server may take, in ms. */
const TIMEOUT_MS = 5_000;
/** Questions without an answer. */
const MAX_OPEN = 256;
/** Characters of an answer; brokers carry messages of at least twice as many bytes. */
const MAX_ANSWER = 120_000;

type Message =
  | { readonly ask: number; readonly request: InspectorRequest; readonly viewer: string }
  | { readonly re: number; readonly answer: InspectorAnswer };

interface Open {
  readonly to: string;
  readonly settle: (answer: InspectorAnswer | RefusedError) => void;
}

/** Puts the page's questions to the inspectors of other servers, and answers theirs. */
export class OtherServers {
  readonly #inspection: ServerInspection;
  readonly #local: LocalServer;
  readonly #clock: Clock;
  readonly #topic: FleetTopic<Message>;
  readonly #open = new Map<number, Open>();
  readonly #stopListening: () => void;
  #last = 0;
  #isClosed = false;

  constructor(inspection: ServerInspection, local: LocalServer, clock: Clock) {
    this.#inspection = inspection;
    this.#local = local;
    this.#clock = clock;
    this.#topic = inspection.topic(TOPIC, {
      parse: parseMessage,
      onMessage: (message, from) => this.#receive(message, from),
    });
    this.#stopListening = inspection.onServerGone((id) => this.#lose(id));
  }

  /** Rejects with `RefusedError` when there is no such server, or it does not answer. */
  ask(server: string, request: InspectorRequest, viewer: string): Promise<InspectorAnswer> {
    if (!this.#inspection.servers().some(({ id }) => id === server))
      return Promise.reject(gone(server));
    if (this.#open.size >= MAX_OPEN) {
      return Promise.reject(
        new RefusedError(503, 'Too many questions to other servers; ask again'),
      );
    }
    const ask = ++this.#last;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(TIMEOUT_MS, () =>
        settle(
          new RefusedError(
            504,
            `The server ${server} did not answer within ${TIMEOUT_MS / 1_000} s; has it an inspector, too?`,
          ),
        ),
      );
      const settle: Open['settle'] = (answer) => {
        cancel();
        this.#open.delete(ask);
        if (answer instanceof RefusedError) reject(answer);
        else resolve(answer);
      };
      this.#open.set(ask, { to: server, settle });
      this.#topic.sendTo(server, { ask, request, viewer });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const { to, settle } of [...this.#open.values()]) settle(gone(to));
  }

  #receive(message: Message, from: string): void {
    if (this.#isClosed) return;
    if ('ask' in message) {
      const { ask, request, viewer } = message;
      void this.#local
        .answer(request, `${viewer} at ${from}`)
        .then((answer) => this.#topic.sendTo(from, { re: ask, answer: fitting(answer) }));
      return;
    }
    const open = this.#open.get(message.re);
    if (open?.to === from) open.settle(message.answer);
  }

  #lose(server: string): void {
    for (const { to, settle } of [...this.#open.values()]) if (to === server) settle(gone(server));
  }
}

function fitting(answer: InspectorAnswer): InspectorAnswer {
  const { length } = JSON.stringify(answer.body);
  if (length <= MAX_ANSWER) return answer;
  const error = `The answer has ${length} characters, which is too much for the broker; ask that server itself`;
  return { status: 413, body: { error }, usedMs: answer.usedMs };
}

function gone(server: string): RefusedError {
  return new RefusedError(410, `The server ${server} is not among the live servers any more`);
}

function parseMessage(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { ask, request, viewer, re, answer } = value as Record<string, unknown>;
  if (Number.isSafeInteger(ask) && typeof viewer === 'string') {
    const parsed = parseRequest(request);
    return parsed && { ask: ask as number, request: parsed, viewer: viewer.slice(0, 200) };
  }
  const parsed = parseAnswer(answer);
  return Number.isSafeInteger(re) && parsed ? { re: re as number, answer: parsed } : undefined;
}

function parseAnswer(value: unknown): InspectorAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { status, body, usedMs } = value as Record<string, unknown>;
  if (!Number.isInteger(status) || typeof body !== 'object' || body === null) return undefined;
  return { status: status as number, body, usedMs: typeof usedMs === 'number' ? usedMs : 0 };
}
