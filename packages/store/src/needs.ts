import type { AGClientSocket } from '@asyngular/client';
import { type ChannelSources, createChannelSources } from './channel/channel-sources.js';
import { createSocketEvents, type SocketEvents } from './channel/socket-events.js';
import { createOutbox, type Outbox } from './messages/outbox.js';
import { SharedStores } from './shared/shared-stores.js';
import type { Timing } from './shared/timing.js';

/** What the stores of one socket have in common. */
export interface Needs {
  readonly socket: AGClientSocket;
  readonly events: SocketEvents;
  readonly sources: ChannelSources;
  readonly outbox: Outbox;
  readonly shared: SharedStores;
}

export function createNeeds(socket: AGClientSocket, timing: Timing): Needs {
  const events = createSocketEvents(socket);
  return {
    socket,
    events,
    sources: createChannelSources({ socket, events, timing }),
    outbox: createOutbox(socket, events, timing),
    shared: new SharedStores(timing),
  };
}
