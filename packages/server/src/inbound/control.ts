import {
  closeCodes,
  dehydrateError,
  InvalidActionError,
  protocolEvents,
} from '@asyngular/protocol';
import {
  MOVING_EXTENSION,
  PRESENCE_EXTENSION,
  parseDisconnectNotice,
  RECOVERY_EXTENSION,
} from '@asyngular/protocol/internal';
import { handleHandshake } from '../handshake/handshake.js';
import { callControls, handleCallControl } from './call-control.js';
import { handleHistory } from './history.js';
import { type EventPacket, succeed } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';
import { handleMoving } from './moving.js';
import { handlePresence } from './presence.js';
import { handlePublish } from './publish.js';
import { handleSubscribe, handleUnsubscribe } from './subscribe.js';

/** A packet of the protocol itself. */
interface ControlHandler {
  /** May come before the handshake is complete. */
  readonly early?: boolean;
  /** Of a client that has agreed to none of these extensions, it is an ordinary name. */
  readonly extensions?: readonly string[];
  /** A promise means: the socket's next packet waits. `size` is the packet's share of its message. */
  handle(session: InboundSession, packet: EventPacket, size: number): void | Promise<void>;
}

/** Who handles a `#` packet of the socket; `undefined` for the other names, which are ordinary ones. Source: P3.8. */
export function controlHandler(
  { extensions }: InboundSession,
  event: string,
): ControlHandler | undefined {
  const handler = controlHandlers.get(event);
  if (handler?.extensions === undefined) return handler;
  return handler.extensions.some((name) => extensions?.has(name)) ? handler : undefined;
}

const controlHandlers: ReadonlyMap<string, ControlHandler> = new Map([
  [protocolEvents.handshake, { early: true, handle: handleHandshake }],
  [protocolEvents.authenticate, { handle: handleAuthenticate }],
  [protocolEvents.removeAuthToken, { handle: handleRemoveAuthToken }],
  [protocolEvents.subscribe, { handle: handleSubscribe }],
  [protocolEvents.unsubscribe, { handle: handleUnsubscribe }],
  [protocolEvents.publish, { handle: handlePublish }],
  [protocolEvents.history, { extensions: [RECOVERY_EXTENSION], handle: handleHistory }],
  [protocolEvents.presence, { extensions: [PRESENCE_EXTENSION], handle: handlePresence }],
  [protocolEvents.moving, { extensions: [MOVING_EXTENSION], handle: handleMoving }],
  [protocolEvents.disconnect, { early: true, handle: handleDisconnect }],
  ...[...callControls].map(([event, extensions]) => [
    event,
    { extensions, handle: handleAboutCall },
  ]),
] as [string, ControlHandler][]);

/** As a call it is answered, though nobody sends it as one. */
function handleAboutCall(session: InboundSession, packet: EventPacket, size: number): void {
  handleCallControl(session, packet, size);
  succeed(session, packet);
}

async function handleAuthenticate(session: InboundSession, packet: EventPacket): Promise<void> {
  if (packet.cid === undefined) {
    session.emitError(
      new InvalidActionError(
        'Authenticate request was malformatted: it has no cid, and must be a call',
      ),
    );
    session.close(closeCodes.handshakeRejected);
    return;
  }
  const signedAuthToken = typeof packet.data === 'string' ? packet.data : (packet.data ?? null);
  const authError = await session.auth.authenticate(signedAuthToken);
  if (session.isClosed) return;
  const isBad = authError !== undefined && (authError as { isBadToken?: unknown }).isBadToken;
  if (isBad) {
    session.respondError(packet.cid, authError);
    session.auth.tellRemoved();
    return;
  }
  session.respond(packet.cid, {
    isAuthenticated: authError === undefined,
    authError: authError === undefined ? null : dehydrateError(authError),
  });
}

function handleRemoveAuthToken(session: InboundSession, packet: EventPacket): void {
  session.auth.deauthenticateSelf();
  succeed(session, packet);
}

/** Version 1 clients announce code and reason ahead of a close frame without any (P11.4). */
function handleDisconnect(session: InboundSession, packet: EventPacket): void {
  const { code, data } = parseDisconnectNotice(packet.data);
  session.end(code ?? closeCodes.noStatus, data ?? '', () =>
    session.connection.close(closeCodes.normal, ''),
  );
}
