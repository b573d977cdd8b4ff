import type { PresenceMember } from '@asyngular/client';
import type { ColumnId } from '../shared/columns.js';
import type { Person } from '../shared/kanban-contract.js';
import { hueOf } from './hue.js';

interface CursorsProps {
  readonly column: ColumnId;
  readonly others: readonly PresenceMember<Person>[];
}

/** The mice of the others over a column. They come twenty times a second, and glide in between. */
export function Cursors({ column, others }: CursorsProps) {
  return (
    <div className="cursors" aria-hidden="true">
      {others.map(({ key, state: { name, cursor } }) =>
        cursor?.column === column ? (
          <div
            key={key}
            className="cursor"
            style={{ left: `${cursor.x * 100}%`, top: cursor.y, ...hueOf(key) }}
          >
            <span>{name}</span>
          </div>
        ) : null,
      )}
    </div>
  );
}
