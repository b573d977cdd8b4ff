import { ResourceLimitError } from '@asyngular/protocol';
import type { Deadline } from '@asyngular/protocol/internal';
import type { FleetMembership } from '../fleet/types.js';
import { deadlines } from '../turns/deadlines.js';
import type { PeopleAnswer, PeopleMessage, PeopleRequest } from './people-requests.js';

/** Questions without a complete answer at one time. */
const MAX_OPEN = 10_000;

/** What the servers that were asked have answered. */
export interface Answers {
  /** By server. */
  readonly answers: ReadonlyMap<string, PeopleAnswer>;
  /** Servers that did not answer in time. */
  readonly unanswered: readonly string[];
  /** Whether all servers of the fleet have answered, as far as this one can tell. */
  readonly isComplete: boolean;
}

/** Sends to the other servers. */
export interface QuestionLanes {
  sendToAll(message: PeopleMessage): void;
  sendTo(id: string, message: PeopleMessage): void;
}

/** How to ask. */
export interface Question {
  readonly timeoutMs: number;
  /** Sees each answer as it comes, parts included; what returns true needs no further ones. */
  readonly onAnswer?: (answer: PeopleAnswer, from: string) => boolean;
  /** Ends the question as it is, when nothing more is needed. */
  readonly signal?: AbortSignal;
}

interface Open {
  readonly awaited: Set<string>;
  readonly answers: Map<string, PeopleAnswer>;
  readonly unanswered: Set<string>;
  readonly onAnswer: Question['onAnswer'];
  readonly finish: () => void;
  deadline: Deadline | undefined;
}

/** Questions to the other servers. Each ends with its deadline; who does not answer until then, or leaves, is named. */
export class PeopleQuestions {
  readonly #membership: FleetMembership;
  readonly #lanes: QuestionLanes;
  readonly #open = new Map<number, Open>();
  readonly #stopListening: () => void;
  #last = 0;

  constructor(membership: FleetMembership, lanes: QuestionLanes) {
    this.#membership = membership;
    this.#lanes = lanes;
    const onGone = (id: string) => this.#lose(id);
    this.#stopListening = membership.listen({ onGoodbye: onGone, onSilent: onGone });
  }

  /** Asks all servers the same, or some of them each its own. Throws `ResourceLimitError` when too many are open. */
  ask(
    request: PeopleRequest | ReadonlyMap<string, PeopleRequest>,
    { timeoutMs, onAnswer, signal }: Question,
  ): Promise<Answers> {
    if (this.#open.size >= MAX_OPEN) {
      throw new ResourceLimitError(
        `${MAX_OPEN} questions to the other servers have no answer yet; wait for some of them first`,
      );
    }
    const { servers, isFrozen, isSettled } = this.#membership;
    const awaited = new Set(isEach(request) ? request.keys() : servers.keys());
    const answers = new Map<string, PeopleAnswer>();
    // While the own broker is away, nothing would arrive.
    const unanswered = new Set(isFrozen ? awaited : undefined);
    const result = () => ({
      answers,
      unanswered: [...unanswered],
      isComplete: unanswered.size === 0 && isSettled && !isFrozen,
    });
    if (isFrozen || awaited.size === 0) return Promise.resolve(result());
    const ask = ++this.#last;
    return new Promise((resolve) => {
      const finish = () => {
        if (!this.#open.delete(ask)) return;
        if (open.deadline !== undefined) deadlines.cancel(open.deadline);
        resolve(result());
      };
      const open: Open = { awaited, answers, unanswered, onAnswer, finish, deadline: undefined };
      open.deadline = deadlines.add(timeoutMs, onDeadline, open);
      this.#open.set(ask, open);
      signal?.addEventListener('abort', finish);
      if (isEach(request))
        for (const [id, own] of request) this.#lanes.sendTo(id, { ask, request: own });
      else this.#lanes.sendToAll({ ask, request });
    });
  }

  /** An answer has come. One that nobody waits for is late, and ignored. */
  settle(re: number, answer: PeopleAnswer, from: string): void {
    const open = this.#open.get(re);
    if (open === undefined || open.answers.has(from)) return;
    if (open.onAnswer?.(answer, from)) {
      open.finish();
      return;
    }
    if (answer.isPart) return;
    open.answers.set(from, answer);
    open.awaited.delete(from);
    // A server that seemed silent may answer all the same.
    open.unanswered.delete(from);
    if (open.awaited.size === 0) open.finish();
  }

  /** Ends all questions as they are. */
  close(): void {
    this.#stopListening();
    for (const open of [...this.#open.values()]) giveUp(open);
  }

  #lose(id: string): void {
    for (const open of [...this.#open.values()]) {
      if (!open.awaited.delete(id)) continue;
      open.unanswered.add(id);
      if (open.awaited.size === 0) open.finish();
    }
  }
}

function isEach(
  request: PeopleRequest | ReadonlyMap<string, PeopleRequest>,
): request is ReadonlyMap<string, PeopleRequest> {
  return request instanceof Map;
}

function onDeadline(open: Open): void {
  open.deadline = undefined;
  giveUp(open);
}

function giveUp(open: Open): void {
  for (const id of open.awaited) open.unanswered.add(id);
  open.awaited.clear();
  open.finish();
}
