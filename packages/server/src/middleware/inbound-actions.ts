import { check, checkOptions, listOf, type OptionTable, oneOf } from '@asyngular/errors/options';

/** Kinds of actions of the inbound line, for all functions that do not name some. */
const usualActions = ['transmit', 'invoke', 'subscribe', 'publishIn', 'authenticate'] as const;

/** Later ones are seen only by functions that name them, because others block what they do not know. */
const inboundActions = [...usualActions, 'history', 'presence'] as const;

/** A kind of action of the inbound line. */
export type InboundActionKind = (typeof inboundActions)[number];

/** Options of a function of the inbound line. */
export interface InboundMiddlewareOptions<Kind extends InboundActionKind = InboundActionKind> {
  /**
   * The kinds of actions that it judges; others pass without it. Default: `transmit`, `invoke`, `subscribe`,
   * `publishIn` and `authenticate`. `history` and `presence` must be asked for.
   */
  readonly actions?: readonly Kind[];
}

/** Some kinds of actions. */
export type ActionKinds = ReadonlySet<string>;

export const usualKinds: ActionKinds = new Set(usualActions);

const kinds = listOf(oneOf(...inboundActions));

const optionTable = {
  actions: check(`${kinds.expected}, and not an empty one`, (value) => {
    return kinds.isValid(value) && (value as unknown[]).length > 0;
  }),
} satisfies OptionTable<InboundMiddlewareOptions>;

/** The kinds that a function asks for. Throws `InvalidOptionsError`. */
export function kindsAskedFor(options: InboundMiddlewareOptions | undefined): ActionKinds {
  const { actions } = checkOptions<InboundMiddlewareOptions>(
    optionTable,
    options,
    'inbound middleware',
  );
  return actions === undefined ? usualKinds : new Set(actions);
}
