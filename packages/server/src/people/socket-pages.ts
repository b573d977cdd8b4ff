import { InvalidArgumentsError } from '@asyngular/protocol';
import type { FleetSockets } from './fleet-answers.js';
import type { ListedSocket, PeopleAnswer } from './people-requests.js';

/** Where a part of the list begins: behind that socket of that server. */
export interface Cursor {
  readonly server: string;
  readonly openedAt: number;
  readonly id: string;
}

function formatCursor(server: string, { openedAt, id }: ListedSocket): string {
  return `${server}/${openedAt}/${id}`;
}

/** Throws `InvalidArgumentsError` for a text that is not a cursor. */
export function parseCursor(text: string): Cursor {
  const [server, openedAt, id, ...rest] = text.split('/');
  const at = Number(openedAt);
  if (server && id && at >= 0 && Number.isFinite(at) && rest.length === 0)
    return { server, openedAt: at, id };
  throw new InvalidArgumentsError(
    `The cursor of sockets() is '${text.slice(0, 100)}'; it must be the cursor of an earlier part, or be left out`,
  );
}

/** The first sockets of what servers have answered, in the order of the servers. */
export function pageOf(
  servers: readonly string[],
  answers: ReadonlyMap<string, PeopleAnswer>,
  limit: number,
): Pick<FleetSockets, 'sockets' | 'cursor'> {
  const listed = servers.flatMap((server) =>
    (answers.get(server)?.sockets ?? []).map((socket) => ({ server, socket })),
  );
  const page = listed.slice(0, limit);
  const isMore =
    listed.length > limit || servers.some((server) => answers.get(server)?.hasMore === true);
  const last = page.at(-1);
  return {
    sockets: page.map(({ server, socket: { id, userId, since, address } }) => ({
      server,
      id,
      userId,
      since,
      address,
    })),
    cursor: isMore && last ? formatCursor(last.server, last.socket) : undefined,
  };
}
