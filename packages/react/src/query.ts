import type { AGClientSocket } from '@asyngular/client';
import type { AnyAsyngularError, AppContract } from '@asyngular/protocol';
import type {
  CallData,
  CallResult,
  FailureOf,
  OnceNameIn,
  SectionOf,
  StreamItem,
  StreamNameIn,
} from '@asyngular/protocol/internal';
import { limitOf, pageTiming } from '@asyngular/store';
import { queryOptions } from '@tanstack/react-query';

type Procedures<Contract> = SectionOf<Contract, 'procedures'>;

/** What a query of the procedure `Name` fails with. */
export type QueryError<Contract, Name> = FailureOf<Contract, Name> | AnyAsyngularError | Error;

/** What the procedure `Name` is called with: nothing where it takes nothing. */
type DataArgument<Contract, Name> =
  undefined extends CallData<Procedures<Contract>, Name>
    ? [data?: CallData<Procedures<Contract>, Name>]
    : [data: CallData<Procedures<Contract>, Name>];

/** The key of the queries of a procedure, and of the one with this data: for `invalidateQueries()` and its kin. */
export function callKey(name: string, ...data: unknown[]): readonly unknown[] {
  return ['asyngular', name, ...data];
}

/**
 * Options of TanStack Query for a call: `useQuery(callOptions(socket, 'history', { room }))`. The query is withdrawn when
 * nobody needs it any more. A procedure that returns nothing gives null, since a query must not give undefined.
 */
export function callOptions<
  Contract extends AppContract,
  Name extends OnceNameIn<Procedures<Contract>>,
>(socket: AGClientSocket<Contract>, name: Name, ...[data]: DataArgument<Contract, Name>) {
  type Result = CallResult<Procedures<Contract>, Name>;
  return queryOptions<Result, QueryError<Contract, Name>>({
    queryKey: callKey(name, data),
    queryFn: async ({ signal }) =>
      (await (socket as AGClientSocket).invoke(name, data, { signal })) ?? null,
  });
}

/** Items that a query of a stream keeps, the newest ones. */
const DEFAULT_LIMIT = 10_000;

/**
 * The same for a procedure that answers with a stream: the query's data are the items so far, at most `limit` (default
 * 10,000), and grow once per frame. It is `success` from the first items on, and no longer `isFetching` at the end.
 */
export function streamOptions<
  Contract extends AppContract,
  Name extends StreamNameIn<Procedures<Contract>>,
>(
  socket: AGClientSocket<Contract>,
  name: Name,
  data: CallData<Procedures<Contract>, Name>,
  options: { limit?: number } = {},
) {
  const limit = limitOf('streamOptions()', options.limit, DEFAULT_LIMIT);
  type Item = StreamItem<Procedures<Contract>, Name>;
  return queryOptions<readonly Item[], QueryError<Contract, Name>>({
    queryKey: callKey(name, data),
    async queryFn({ signal, client, queryKey }) {
      let items: Item[] = [];
      let isDue = false;
      let isOver = false;
      const show = () => {
        isDue = false;
        if (!isOver && !signal.aborted) client.setQueryData(queryKey, items.slice(-limit));
      };
      for await (const item of (socket as AGClientSocket).stream(name, data, { signal })) {
        items.push(item);
        if (items.length > 2 * limit) items = items.slice(-limit);
        if (!isDue) pageTiming.frame(show);
        isDue = true;
      }
      isOver = true;
      return items.slice(-limit);
    },
  });
}
