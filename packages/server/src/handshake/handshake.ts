import type { IncomingMessage } from 'node:http';
import {
  closeCodes,
  dehydrateError,
  encodeExtensions,
  InvalidActionError,
  type InvokePacket,
  legalCloseCode,
  type TransmitPacket,
} from '@asyngular/protocol';
import { isRecord, MAX_TIMEOUT_MS, parseHandshakeRequest } from '@asyngular/protocol/internal';
import type { VerifiedToken } from '../auth/authentication.js';
import { ActionBase } from '../middleware/action.js';
import { type BlockedAction, MiddlewareLane } from '../middleware/middleware.js';
import { begin, finish, handshakeChannel } from '../tracing/channels.js';
import type { HandshakeTrace } from '../tracing/messages.js';
import { nextTurn } from '../turns/next-turn.js';
import { agreeOnExtensions } from './extensions.js';
import type { HandshakeLineServer, HandshakeSession } from './handshake-session.js';
import { slimRequest } from './slim-request.js';

/** Where a connection's handshake lane is kept on its upgrade request. */
export const SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM: unique symbol = Symbol(
  'asyngular.middlewareHandshakeStream',
);

/** Lanes of upgrade requests, until the socket takes them over. */
const lanes = new WeakMap<IncomingMessage, MiddlewareLane>();

/** Takes the lane that judged the upgrade request, so that the same run sees `#handshake`. */
export function takeHandshakeLane(request: IncomingMessage): MiddlewareLane | undefined {
  const lane = lanes.get(request);
  lanes.delete(request);
  return lane;
}

/** Ends the lane of a request that did not become a socket. */
export function dropHandshakeLane(request: IncomingMessage): void {
  takeHandshakeLane(request)?.end('close');
}

function createHandshakeLane(
  core: HandshakeLineServer,
  request: IncomingMessage,
): MiddlewareLane | undefined {
  const middleware = core.middleware.handshake;
  if (!middleware) return undefined;
  // The handshake has one deadline for everything, so the lane needs none of its own.
  const lane = new MiddlewareLane('handshake', middleware, 0, (error) => core.emitWarning(error));
  Object.defineProperty(request, SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM, {
    value: lane.stream,
    configurable: true,
  });
  return lane;
}

/** Offers the upgrade request to the handshake line. Rejects with the error for the 401 answer. */
export async function passUpgrade(
  core: HandshakeLineServer,
  request: IncomingMessage,
): Promise<void> {
  const lane = createHandshakeLane(core, request);
  if (!lane) return;
  lanes.set(request, lane);
  try {
    await lane.process(new ActionBase('handshakeWS', { request }));
  } catch (blocked) {
    const { clientError, reportedError } = blocked as BlockedAction;
    if (core.server.middlewareEmitFailures && reportedError !== undefined) {
      core.emitWarning(reportedError);
    }
    throw clientError;
  }
}

/** The `#handshake` packet. Later packets of the socket wait until it is settled. */
export function handleHandshake(
  session: HandshakeSession,
  packet: TransmitPacket | InvokePacket,
): void | Promise<void> {
  if (session.state !== 'connecting') {
    const error = new InvalidActionError('The socket has completed its handshake already');
    if (packet.cid !== undefined) session.respondError(packet.cid, error);
    else session.emitError(error);
    return;
  }
  if (packet.cid === undefined) {
    session.emitError(
      new InvalidActionError(
        'Handshake request was malformatted: it has no cid, and must be a call',
      ),
    );
    session.close(closeCodes.handshakeRejected);
    return;
  }
  if (!handshakeChannel.hasSubscribers) return shakeHandsInTurn(session, packet);
  const trace = beginHandshake(session);
  return shakeHandsInTurn(session, packet).then(
    () => finishHandshake(trace, session),
    (error: unknown) => {
      finishHandshake(trace, session, error);
      throw error;
    },
  );
}

function shakeHandsInTurn(session: HandshakeSession, packet: InvokePacket): Promise<void> {
  return session.core.arrivals.pass(session.request, () => shakeHands(session, packet));
}

function beginHandshake({ core: { server }, socket }: HandshakeSession): HandshakeTrace {
  const message = { server, socket, isAccepted: undefined };
  return begin<HandshakeTrace>(handshakeChannel, message as HandshakeTrace);
}

function finishHandshake(
  message: HandshakeTrace,
  { state }: HandshakeSession,
  error?: unknown,
): void {
  message.isAccepted = state === 'open';
  finish(handshakeChannel, message, error);
}

const noToken: VerifiedToken = { authToken: null, error: undefined };

async function nothing(): Promise<void> {}

async function shakeHands(session: HandshakeSession, packet: InvokePacket): Promise<void> {
  // It may have waited for its turn longer than its client, or its deadline.
  if (session.isClosed) return;
  const { core, auth } = session;
  const { authToken: signedAuthToken, ext } = parseHandshakeRequest(packet.data);
  agreeOnExtensions(session, ext);
  const { turn } = core.arrivals;
  const verified = signedAuthToken === null ? noToken : await auth.verify(signedAuthToken);
  // What tokens wait for, such as keys or a database, may come for all of a crowd at once: it lines up once more.
  if (core.arrivals.turn !== turn) await core.arrivals.pass(session.request, nothing);
  if (session.isClosed) return;

  const lane = session.existingLanes?.handshake ?? createHandshakeLane(core, session.request);
  if (lane) {
    session.lanes.handshake = lane;
    if (!(await passHandshake(session, lane, packet, signedAuthToken, verified))) return;
  }

  let authError: unknown;
  if (signedAuthToken !== null) {
    authError = await auth.adopt(signedAuthToken, verified);
    if (session.isClosed) return;
  }
  openSession(session, packet, authError);
  // The body of a `connection` loop must have run before this socket's next packet or event, so that
  // the listeners it sets up miss nothing.
  await nextTurn();
  if (session.isClosed) return;
  if (auth.state === 'authenticated' && signedAuthToken !== null) {
    auth.triggerEvents('unauthenticated');
  }
  core.counters.handshakes++;
}

/** Offers `#handshake` to the handshake line; a refusal is answered, and closes the socket. */
async function passHandshake(
  session: HandshakeSession,
  lane: MiddlewareLane,
  packet: InvokePacket,
  signedAuthToken: unknown,
  verified: VerifiedToken,
): Promise<boolean> {
  const { core, request, socket } = session;
  const data = {
    signedAuthToken,
    authTokenError: verified.error ?? null,
    authToken: verified.authToken,
    authState: verified.authToken ? 'authenticated' : 'unauthenticated',
  };
  try {
    await lane.process(new ActionBase('handshakeAG', { request, socket }, data));
    return !session.isClosed;
  } catch (blocked) {
    if (session.isClosed) return false;
    const { clientError, reportedError } = blocked as BlockedAction;
    if (core.server.middlewareEmitFailures && reportedError !== undefined) {
      core.emitWarning(reportedError);
    }
    const wanted = isRecord(clientError) ? clientError.statusCode : undefined;
    const statusCode = legalCloseCode(wanted, closeCodes.handshakeRejected);
    const error = dehydrateError(clientError);
    session.outbound.send({
      rid: packet.cid,
      error: isRecord(error) ? { ...error, statusCode } : error,
    });
    session.close(statusCode);
    return false;
  }
}

function openSession(session: HandshakeSession, packet: InvokePacket, authError: unknown): void {
  const { core } = session;
  const { server } = core;
  session.open();
  // By the option `userId`, which is asked now.
  if (session.isClosed) return;
  const status: Record<string, unknown> = {
    id: session.id,
    pingTimeout: server.pingTimeoutDisabled ? MAX_TIMEOUT_MS : server.pingTimeout,
    isAuthenticated: session.auth.state === 'authenticated',
  };
  const reply = { ...status };
  if (authError !== undefined) {
    status.authError = authError;
    reply.authError = dehydrateError(authError);
  }
  if (session.extensions) reply.ext = encodeExtensions(session.extensions);
  session.respond(packet.cid, reply);
  // The reply was the last message of the first codec (P17).
  session.agreedCodec = session.extensions && core.codecs.agreed(session.extensions);
  if (authError !== undefined && (authError as { isBadToken?: unknown }).isBadToken) {
    session.auth.tellRemoved();
  }
  if (core.options.batchOnHandshake) {
    session.outbound.batcher.batchFor(core.options.batchOnHandshakeDuration);
  }
  session.heartbeat.start();
  slimRequest(session.request);
  const event = status as { id: string; pingTimeout: number; isAuthenticated: boolean };
  session.announce('connect', event);
  session.existingLanes?.handshake?.end('close');
}
