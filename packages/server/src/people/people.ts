import {
  BadConnectionError,
  BrokerError,
  dehydrateError,
  hydrateError,
  ResourceLimitError,
  TimeoutError,
} from '@asyngular/protocol';
import type { PayloadCheck } from '@asyngular/protocol/internal';
import { USER_CHANNEL } from '../channels/user-channel.js';
import { CheckLines } from '../contract/check-line.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { Fleet, FleetTopic } from '../fleet/types.js';
import { harmless } from '../turns/harmless.js';
import type { FleetAnswer, FleetSockets, Reached } from './fleet-answers.js';
import { LocalPeople, type PeopleOwner } from './local-people.js';
import { packData, toPayload, unpackData } from './payload.js';
import { type Answers, PeopleQuestions } from './people-questions.js';
import {
  type DeviceRequest,
  type ListRequest,
  type PeopleAnswer,
  type PeopleMessage,
  type PeopleRequest,
  parsePeopleMessage,
  type ReachRequest,
  type SocketFilter,
} from './people-requests.js';
import { pageOf, parseCursor } from './socket-pages.js';

/** Name of the topic on which servers talk about people. */
const TOPIC = 'people';

/** Requests of other servers that are being worked on at one time. */
const MAX_REQUESTS = 10_000;

/** What of this server the people of the fleet are reached with. */
export interface PeopleServer extends PeopleOwner {
  /** The other servers; `undefined`: nobody asks them. */
  readonly fleet: Fleet | undefined;
  /** What clients get; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
  /** Id of this server. */
  readonly id: string;
  emitWarning(warning: unknown): void;
}

/** The data as the check returns it, or as it is where there is no check. */
function checked(check: PayloadCheck | undefined, data: unknown): unknown {
  return check === undefined ? data : check(data);
}

const alone: Answers = { answers: new Map(), unanswered: [], isComplete: true };

/** The people of all servers: what is wanted of them is done here and asked of the other servers. */
export class People {
  readonly #server: PeopleServer;
  readonly #local: LocalPeople;
  readonly #topic: FleetTopic<PeopleMessage> | undefined;
  readonly #questions: PeopleQuestions | undefined;
  /** By user. */
  readonly #checks = new CheckLines();
  #working = 0;

  constructor(server: PeopleServer) {
    this.#server = server;
    this.#local = new LocalPeople(server);
    const { fleet } = server;
    if (fleet === undefined) return;
    this.#topic = fleet.topic(TOPIC, {
      parse: parsePeopleMessage,
      onMessage: (message, from) => this.#receive(message, from),
    });
    this.#questions = new PeopleQuestions(fleet.membership, this.#topic);
  }

  /** Sends a one-way message to all devices of a user. Rejects when the data has no encoding, or is too large. */
  async transmit(user: string, name: string, data: unknown, timeoutMs: number): Promise<Reached> {
    const check = this.#server.contract?.clientReceiver(name);
    return this.#checks.inTurn(user, checked(check, data), (fitting) => {
      const payload = packData(this.#server, fitting, `The message ${name}`);
      return this.#reach({ do: 'transmit', user, name, data: payload }, timeoutMs);
    });
  }

  /** Publishes on the channel of a user, to those devices that are subscribed to it. */
  async publish(user: string, data: unknown, timeoutMs: number): Promise<Reached> {
    const check = this.#server.contract?.ownChannel(USER_CHANNEL)?.data;
    return this.#checks.inTurn(user, checked(check, data), (fitting) => {
      const publication = this.#server.codecs.encodePublication(USER_CHANNEL, fitting);
      const message = toPayload(publication, 'The publication');
      return this.#reach({ do: 'publish', user, message }, timeoutMs);
    });
  }

  /** Takes all devices of a user out of a channel. */
  async kickOut(
    user: string,
    channel: string,
    message: unknown,
    timeoutMs: number,
  ): Promise<Reached> {
    const payload = packData(this.#server, message, 'The message of kickOut()');
    return this.#reach({ do: 'kickOut', user, channel, message: payload }, timeoutMs);
  }

  /** Closes the sockets that fit. */
  disconnect(
    filter: SocketFilter & { readonly server?: string | undefined },
    { code, reason }: { readonly code: number; readonly reason: string },
    timeoutMs: number,
  ): Promise<Reached> {
    const { user, channel, server } = filter;
    return this.#reach({ do: 'disconnect', user, channel, code, reason }, timeoutMs, server);
  }

  /** Calls all devices of a user, and resolves to what the first one answers. */
  async invoke(user: string, name: string, data: unknown, timeoutMs: number): Promise<unknown> {
    const checks = this.#server.contract?.clientProcedure(name);
    return this.#checks.inTurn(user, checked(checks?.data, data), (fitting) => {
      const payload = packData(this.#server, fitting, `The call of ${name}`);
      const request: DeviceRequest = { do: 'invoke', user, name, data: payload, timeoutMs };
      return this.#call(request, checks?.result);
    });
  }

  /** `check` looks at answers. */
  #call(request: DeviceRequest, check: PayloadCheck | undefined): Promise<unknown> {
    const { user, name, timeoutMs } = request;
    let devices = 0;
    let firstError: unknown;
    // A device of this server may be the first, and then the other servers need not be waited for.
    const answered = new AbortController();
    const fail = (error: unknown) => {
      // That nobody has answered is said below, with more detail.
      if (!(error instanceof TimeoutError)) firstError ??= error;
    };
    return new Promise((resolve, reject) => {
      const accept = (read: () => unknown): boolean => {
        try {
          resolve(checked(check, read()));
          answered.abort();
          return true;
        } catch (wrong) {
          fail(wrong);
          return false;
        }
      };
      const onAnswer = ({ count = 0, payload: answer, error }: PeopleAnswer): boolean => {
        devices += count;
        if (error !== undefined) fail(hydrateError(error));
        if (answer === undefined) return false;
        return accept(() => unpackData(this.#server, answer));
      };
      const { signal } = answered;
      const asked = this.#questions?.ask(request, { timeoutMs, onAnswer, signal }) ?? alone;
      const { count, answer } = this.#local.call(request);
      devices += count;
      const here = answer?.then((value) => accept(() => value), fail);
      Promise.all([asked, here]).then(([answers]) => {
        reject(firstError ?? noAnswer(user, name, { devices, timeoutMs, answers }));
      }, reject);
    });
  }

  /** A part of the list of sockets, behind a cursor. Throws `InvalidArgumentsError` for a text that is not a cursor. */
  async list(
    filter: SocketFilter,
    { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
    timeoutMs: number,
  ): Promise<FleetSockets> {
    const start = cursor === undefined ? undefined : parseCursor(cursor);
    const { user, channel } = filter;
    const others = [...(this.#server.fleet?.membership.servers.keys() ?? [])];
    const servers = [this.#server.id, ...others]
      .filter((id) => !start || id >= start.server)
      .sort();
    const requestOf = (id: string): ListRequest => ({
      do: 'list',
      user,
      channel,
      limit,
      after: id === start?.server ? start : undefined,
    });
    const each = new Map<string, PeopleRequest>();
    for (const id of servers) if (id !== this.#server.id) each.set(id, requestOf(id));
    const asked = (await this.#questions?.ask(each, { timeoutMs })) ?? alone;
    const answers = new Map(asked.answers);
    answers.set(this.#server.id, this.#local.list(requestOf(this.#server.id)));
    return { ...pageOf(servers, answers, limit), ...this.#complete(asked) };
  }

  /** The server is being closed. */
  close(): void {
    this.#questions?.close();
  }

  async #reach(request: ReachRequest, timeoutMs: number, only?: string): Promise<Reached> {
    const isHere = only === undefined || only === this.#server.id;
    const asked = harmless(Promise.resolve(this.#ask(request, timeoutMs, only)));
    let connections = isHere ? await this.#local.reach(request) : 0;
    const answers = await asked;
    for (const { count = 0 } of answers.answers.values()) connections += count;
    return { connections, ...this.#complete(answers) };
  }

  #ask(request: ReachRequest, timeoutMs: number, only?: string): Answers | Promise<Answers> {
    if (this.#questions === undefined || only === this.#server.id) return alone;
    if (only === undefined) return this.#questions.ask(request, { timeoutMs });
    return this.#questions.ask(new Map([[only, request]]), { timeoutMs });
  }

  /** What a server could not do is no answer. */
  #complete({ answers, unanswered, isComplete }: Answers): FleetAnswer {
    const failed = [...answers].filter(([, { error }]) => error !== undefined);
    for (const [id, { error }] of failed) {
      const cause = hydrateError(error);
      this.#server.emitWarning(
        new BrokerError(`The server ${id} could not do what it was asked for - ${cause}`, {
          cause,
        }),
      );
    }
    return {
      unanswered: [...unanswered, ...failed.map(([id]) => id)],
      isComplete: isComplete && failed.length === 0,
    };
  }

  #receive(message: PeopleMessage, from: string): void {
    if ('re' in message) {
      this.#questions?.settle(message.re, message.answer, from);
      return;
    }
    const { ask, request } = message;
    void this.#work(request, (answer) => this.#topic?.sendTo(from, { re: ask, answer }));
  }

  /** Does what another server asks for, and answers it. */
  async #work(request: PeopleRequest, tell: (answer: PeopleAnswer) => void): Promise<void> {
    if (this.#working >= MAX_REQUESTS) {
      tell({ error: dehydrateError(tooBusy()) });
      return;
    }
    this.#working++;
    try {
      if (request.do === 'invoke') await this.#local.answerCall(request, tell);
      else if (request.do === 'list') tell(this.#local.list(request));
      else tell({ count: await this.#local.reach(request) });
    } catch (error) {
      tell({ error: dehydrateError(error) });
    } finally {
      this.#working--;
    }
  }
}

/** Why a call came to nothing. That nobody is there is known only when all servers have said so. */
function noAnswer(
  user: string,
  name: string,
  asked: { readonly devices: number; readonly timeoutMs: number; readonly answers: Answers },
): Error {
  const { devices, timeoutMs } = asked;
  const { unanswered, isComplete } = asked.answers;
  if (devices === 0 && isComplete) {
    return new BadConnectionError(
      `The user ${user} has no open connection, so nobody could be asked for ${name}`,
      'disconnect',
    );
  }
  const some = unanswered.length > 0 ? `the servers ${unanswered.join(', ')}` : 'further servers';
  const silent = isComplete ? '' : `; nothing is known of ${some}`;
  return new TimeoutError(
    `No device of the user ${user} answered ${name} within ${timeoutMs} ms; ${devices} were asked${silent}`,
  );
}

function tooBusy(): ResourceLimitError {
  return new ResourceLimitError(
    `${MAX_REQUESTS} requests of other servers are being worked on; wait for some of them first`,
  );
}
