import type { ChannelStreams } from '@asyngular/channels/internal';
import { type Authentication, createAuthentication } from './auth/authentication.js';
import { createReadHistory, type ReadHistory } from './channels/history.js';
import { createPresence, type Presence } from './channels/presence.js';
import { createPublisher, type Publisher } from './channels/publisher.js';
import { createSubscriptions, type Subscriptions } from './channels/subscriptions.js';
import { type ConnectionState, ConnectionStateMachine } from './connection/connection-state.js';
import { createLifecycle, type Lifecycle } from './connection/lifecycle.js';
import type { Context } from './context.js';
import { createOpenStream, type OpenStream } from './messages/call-streams.js';
import { createServing } from './messages/client-calls.js';
import { createInbound, type MessageSink } from './messages/inbound.js';
import { createOutlet, type Outlet } from './messages/outlet.js';
import { createPressure, type Pressure } from './messages/pressure.js';
import { createRequests, type Requests } from './messages/requests.js';

/** The parts of one socket, each with what it needs of the others. */
export interface Parts {
  readonly connection: ConnectionState;
  readonly pressure: Pressure;
  readonly outlet: Outlet;
  readonly requests: Requests;
  readonly openStream: OpenStream;
  readonly presence: Presence;
  readonly subscriptions: Subscriptions;
  readonly publisher: Publisher;
  readonly readHistory: ReadHistory;
  readonly authentication: Authentication;
  readonly lifecycle: Lifecycle;
}

/**
 * Makes the parts from the wire upwards. What a part calls of one that comes later is a function here, so that
 * this is the only place where the parts form a circle.
 */
export function createParts(
  context: Context,
  socket: MessageSink,
  channelStreams: ChannelStreams,
): Parts {
  const connection = new ConnectionStateMachine();
  const pressure = createPressure(context, connection, () => requests.flush());
  const outlet = createOutlet(
    context,
    { connection, pressure },
    {
      onUnencodable: (call, error) => requests.giveUp(call, error),
      onUnwritten: (messages) => requests.onUnwritten(messages),
    },
  );
  const serving = createServing(context, { outlet, pressure });
  const requests = createRequests(context, {
    connection,
    outlet,
    pressure,
    serving,
    prepareToSend: () => lifecycle.prepareToSend(),
  });
  const presence = createPresence(context, {
    connection,
    requests,
    outlet,
    pressure,
    channelStreams,
    subscription: (name) => subscriptions.wanted.get(name),
    wireName: (name) => subscriptions.wireName(name),
  });
  const openStream = createOpenStream(context, { outlet, requests });
  const subscriptions = createSubscriptions(context, {
    connection,
    requests,
    outlet,
    channelStreams,
    presence,
    isAuthenticated: () => authentication.credentials.authState === 'authenticated',
  });
  const publisher = createPublisher(context, { requests, subscriptions });
  const readHistory = createReadHistory(context, { requests, subscriptions });
  const authentication = createAuthentication(context, {
    connection,
    outlet,
    requests,
    onAuthStateChange: subscriptions.onAuthStateChange,
  });
  const receive = createInbound(context, {
    socket,
    connection,
    outlet,
    requests,
    serving,
    subscriptions,
    presence,
    authentication,
    onReconnect: (notice) => lifecycle.onReconnect(notice),
  });
  const lifecycle = createLifecycle(context, {
    connection,
    outlet,
    requests,
    subscriptions,
    presence,
    authentication,
    receive,
  });
  return {
    connection,
    pressure,
    outlet,
    requests,
    openStream,
    presence,
    subscriptions,
    publisher,
    readHistory,
    authentication,
    lifecycle,
  };
}
