import type { ClientApi } from '@asyngular/contract';
import { createHooks } from '@asyngular/react';
import type { kanban } from '../shared/kanban-contract.js';

// The types of the contract, and not its schemas: the page has no schema library.
export type KanbanApi = ClientApi<typeof kanban>;

export const { SocketProvider, useSocket, useConnection, useMessages, usePresence } =
  createHooks<KanbanApi>();
