import { ConnectionLostError } from '@asyngular/broker/transport';
import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/nats-core';

/** How long, in ms, one request waits for its answer. */
const ANSWER_MS = 2_000;

/** Nobody at the service listens to a subject. */
export class NoRespondersError extends Error {
  override name = 'NoRespondersError';
}

/** A request got no answer, or not all of it, in time. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError';
}

interface Request {
  readonly subject: string;
  /** Those of its subject are answered in the order in which they were sent. */
  readonly isOrdered: boolean;
  readonly isLast: (message: Msg) => boolean;
  readonly answers: Msg[];
  readonly resolve: (answers: Msg[]) => void;
  readonly reject: (error: Error) => void;
}

interface Pending {
  /** Who waits for what, until the end. */
  request: Request | undefined;
  readonly endsAt: number;
}

const isOnly = (): boolean => true;

/**
 * Requests over one inbox. Those of the NATS client would do, but make a timer, a race and a stack trace for
 * each, and outlive the connection on which they were sent.
 */
export class Requests {
  readonly #inbox: string;
  // Oldest first: all wait equally long, so the first one's end is the next one.
  readonly #pending = new Map<string, Pending>();
  /** While it is up. */
  #connection: NatsConnection | undefined;
  /** Where the inbox is. */
  #subscribed: NatsConnection | undefined;
  #subscription: Subscription | undefined;
  #count = 0;
  /** Of this turn of the event loop; all of them leave together. */
  #outgoing: { readonly token: string; readonly publish: () => void }[] = [];
  #turnEnd: ReturnType<typeof setImmediate> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `inbox`: a subject of its own. */
  constructor(inbox: string) {
    this.#inbox = inbox;
  }

  open(connection: NatsConnection): void {
    if (this.#subscribed !== connection || this.#subscription?.isClosed()) {
      this.#subscribed = connection;
      this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
        callback: (error, message) => {
          if (!error) this.#onAnswer(message.subject.slice(this.#inbox.length + 1), message);
        },
      });
    }
    this.#connection = connection;
  }

  /** The connection is gone, and all answers with it. */
  interrupt(): void {
    this.#connection = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [token, pending] of [...this.#pending]) {
      const message = 'The connection to NATS was lost before the answer came';
      this.#take(token, pending).reject(new ConnectionLostError(message));
    }
  }

  close(): void {
    this.interrupt();
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#subscribed = undefined;
  }

  /** Rejects with `ConnectionLostError`, `NoRespondersError`, `NoAnswerError`, or why it cannot be sent. */
  ask(subject: string, data: string): Promise<Msg> {
    return this.#askOnce(subject, false, (reply) => this.#live().publish(subject, data, { reply }));
  }

  /**
   * The same for one of several whose order counts. The data are asked for when they leave, at the end of this turn of
   * the event loop. When one has no answer in time, those behind it on its subject fail at once: if one of them was
   * answered after all, it could not be sent again in its place.
   */
  askInOrder(subject: string, data: () => Uint8Array, headers: MsgHdrs): Promise<Msg> {
    return this.#askOnce(subject, true, (reply) =>
      this.#live().publish(subject, data(), { reply, headers }),
    );
  }

  #askOnce(subject: string, isOrdered: boolean, publish: (reply: string) => void): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = this.#nextToken();
      const onAnswers = ([answer]: readonly Msg[]) => resolve(answer!);
      const answers: Msg[] = [];
      this.#send(
        token,
        { subject, isOrdered, isLast: isOnly, answers, resolve: onAnswers, reject },
        () => publish(`${this.#inbox}.${token}`),
      );
    });
  }

  /** The same with an answer of several messages, up to the one that is the last. */
  async askForMany(
    subject: string,
    data: string,
    isLast: (message: Msg) => boolean,
  ): Promise<Msg[]> {
    const token = this.#nextToken();
    const reply = `${this.#inbox}.many.${token}`;
    // Consumers deliver under the subjects of the stream: only the subscription shows what they answer.
    let subscription: Subscription | undefined;
    const publish = () => {
      const connection = this.#live();
      subscription = connection.subscribe(reply, {
        callback: (error, message) => {
          if (!error) this.#onAnswer(token, message);
        },
      });
      connection.publish(subject, data, { reply });
    };
    try {
      return await new Promise((resolve, reject) => {
        const isOrdered = false;
        this.#send(token, { subject, isOrdered, isLast, answers: [], resolve, reject }, publish);
      });
    } finally {
      subscription?.unsubscribe();
    }
  }

  /** Like a request whose answer is of no interest. */
  send(subject: string): void {
    this.#connection?.publish(subject);
  }

  /** The server does not let this connection publish on a subject, so no answer comes. */
  refuse(subject: string, error: Error): void {
    for (const [token, pending] of this.#pending) {
      if (pending.request?.subject === subject) this.#take(token, pending).reject(error);
    }
  }

  #nextToken(): string {
    return (this.#count++).toString(36);
  }

  #live(): NatsConnection {
    if (this.#connection) return this.#connection;
    throw new ConnectionLostError('There is no connection to NATS');
  }

  #send(token: string, request: Request, publish: () => void): void {
    const endsAt = performance.now() + ANSWER_MS;
    this.#pending.set(token, { request, endsAt });
    this.#timer ??= setTimeout(this.#onTimer, ANSWER_MS);
    this.#outgoing.push({ token, publish });
    this.#turnEnd ??= setImmediate(this.#onTurnEnd);
  }

  /** The client writes to its socket in a microtask: what came from several would need a write for each. */
  readonly #onTurnEnd = (): void => {
    this.#turnEnd = undefined;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const { token, publish } of outgoing) {
      const pending = this.#pending.get(token);
      if (!pending) continue;
      try {
        publish();
      } catch (error) {
        this.#take(token, pending).reject(error as Error);
      }
    }
  };

  #onAnswer(token: string, message: Msg): void {
    const pending = this.#pending.get(token);
    if (!pending?.request) return;
    const { request } = pending;
    request.answers.push(message);
    const hasNobody = message.data.length === 0 && message.headers?.code === 503;
    if (!hasNobody && !request.isLast(message)) return;
    const { subject, answers, resolve, reject } = this.#take(token, pending);
    if (hasNobody) reject(new NoRespondersError(`No NATS server answers ${subject}`));
    else resolve(answers);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const stuck = new Set<string>();
    for (const [token, pending] of this.#pending) {
      const { subject, isOrdered } = pending.request!;
      const isLate = pending.endsAt <= now;
      if (isLate && isOrdered) stuck.add(subject);
      if (isLate || (isOrdered && stuck.has(subject))) {
        const error = `No answer of JetStream to ${subject} within ${ANSWER_MS} ms`;
        this.#take(token, pending).reject(new NoAnswerError(error));
        continue;
      }
      this.#timer ??= setTimeout(this.#onTimer, pending.endsAt - now);
      if (stuck.size === 0) return;
    }
  };

  /** Ends a request. The map leaves copies of itself behind, which would hold on to whoever waited. */
  #take(token: string, pending: Pending): Request {
    const request = pending.request!;
    this.#pending.delete(token);
    pending.request = undefined;
    return request;
  }
}
