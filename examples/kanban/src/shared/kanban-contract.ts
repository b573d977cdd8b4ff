import { contract } from '@asyngular/contract';
import { z } from 'zod';
import { columnIds } from './columns.js';

const column = z.enum(columnIds);

/** What a page publishes: the parts of one card that change. Parts that are not named stay as they are. */
const edit = z.object({
  /** Which card; a new one has an id that the page chose at random. */
  card: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().trim().min(1).max(120).optional(),
  text: z.string().max(2_000).optional(),
  column: column.optional(),
  /** Where in the column: cards are sorted by this text. */
  order: z
    .string()
    .regex(/^[\dA-Za-z]{1,100}$/)
    .optional(),
  isRemoved: z.boolean().optional(),
});

/** What everybody gets: who has made the edit, and when, is the server's word. */
const madeEdit = edit.extend({ by: z.string(), at: z.number() });

/** What people on a board show of themselves. The name is written by the server. */
const person = z.object({
  name: z.string(),
  /** Where the mouse is: across the column as a part of it, down from its top in pixels. */
  cursor: z
    .object({ column, x: z.number().min(0).max(1), y: z.number().min(0).max(100_000) })
    .nullable(),
  /** The card whose words are being changed. */
  editing: z.string().max(40).nullable(),
});

/** Everything that pages and servers say to each other. */
export const kanban = contract({
  procedures: {
    /** Which process serves the caller. */
    whereAmI: { result: z.object({ pid: z.number() }) },
  },
  // None: whatever a page transmits is refused.
  receivers: {},
  channels: {
    'board:{name}': { publish: edit, data: madeEdit, presence: person },
  },
});

export type Edit = z.infer<typeof edit>;
export type MadeEdit = z.infer<typeof madeEdit>;
export type Person = z.infer<typeof person>;
