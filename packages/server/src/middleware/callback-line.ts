import { AsyngularError, InvalidActionError } from '@asyngular/protocol';
import { ActionBase, type AllowPacket, type Verdict } from './action.js';
import type { ActionKinds } from './inbound-actions.js';
import type { MiddlewareFunction } from './middleware.js';

/**
 * Judges one action: `action.allow()`, `action.block()`, or by what it returns. Nothing and `true` let the
 * action pass, `false` blocks it, anything else replaces its data. What it throws blocks it, too.
 */
export type MiddlewareCallback<Action = any> = (action: Action) => unknown;

interface Judge {
  readonly callback: MiddlewareCallback;
  readonly kinds: ActionKinds | undefined;
}

/**
 * The functions of one line in callback form. Each action passes them in order, one action of a socket at a
 * time. Each function judges an action of its own, so that the first one that allows it does not speak for
 * the others, and sees the data that the one before has left.
 */
export class CallbackLine {
  readonly #judges: Judge[] = [];

  get isEmpty(): boolean {
    return this.#judges.length === 0;
  }

  /** What any of the functions asks for. */
  get kinds(): ActionKinds {
    return new Set(this.#judges.flatMap(({ kinds = [] }) => [...kinds]));
  }

  /** `kinds`: the actions that the function asks for; `undefined` for all. */
  add(callback: MiddlewareCallback, kinds: ActionKinds | undefined): void {
    this.#judges.push({ callback, kinds });
  }

  /** Takes a function away; one that was added twice stays once. */
  remove(callback: MiddlewareCallback): void {
    const index = this.#judges.findIndex((judge) => judge.callback === callback);
    if (index >= 0) this.#judges.splice(index, 1);
  }

  /** The line's function in stream form. */
  readonly run: MiddlewareFunction = async (stream) => {
    for await (const action of stream) await this.#judge(action);
  };

  async #judge(action: ActionBase): Promise<void> {
    let packet: AllowPacket | undefined;
    // A copy: a function may be removed by one before it.
    for (const { callback, kinds } of [...this.#judges]) {
      if (kinds?.has(action.type) === false) continue;
      const given = packet;
      const step = stepOf(action, () => (given ? given.data : action.data));
      let verdict: Verdict;
      try {
        const result = await callback(step);
        if (step.outcome === null) settle(step, result);
        verdict = await step.promise;
      } catch (error) {
        action.block(step.outcome === 'blocked' ? error : thrown(action, error));
        return;
      }
      if (verdict.replaced) packet = { data: verdict.data };
      if (packet && verdict.useCache !== undefined) packet.options = { useCache: verdict.useCache };
    }
    action.allow(packet);
  }
}

/** The same action with a verdict of its own; its data is not loaded unless it is read. */
function stepOf(action: ActionBase, load: () => unknown): ActionBase {
  const { type, outcome, promise, allow, block, ...members } = action;
  return new ActionBase(type, members, undefined, load);
}

function settle(step: ActionBase, result: unknown): void {
  if (result === undefined || result === true) step.allow();
  else if (result === false) step.block();
  else step.allow({ data: result });
}

/** What a function throws is sent if it was made for that; the client learns nothing of other errors. */
function thrown({ type }: ActionBase, error: unknown): unknown {
  if (error instanceof AsyngularError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const failure = new InvalidActionError(`A middleware function threw at ${type}: ${detail}`, {
    cause: error,
  });
  return Object.assign(failure, { silent: true });
}
