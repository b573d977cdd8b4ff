export const columnIds = ['todo', 'doing', 'done'] as const;

export type ColumnId = (typeof columnIds)[number];

export const columnTitles: Record<ColumnId, string> = {
  todo: 'To do',
  doing: 'Doing',
  done: 'Done',
};
