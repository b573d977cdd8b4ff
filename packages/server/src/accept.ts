import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ServerProtocolError } from '@asyngular/protocol';
import { type Deadline, deadlines } from '@asyngular/protocol/internal';
import type { Connection } from './engine/engine.js';
import { dropHandshakeLane, passUpgrade, takeHandshakeLane } from './handshake.js';
import type { ServerCore } from './server-core.js';
import { AGServerSocket } from './server-socket.js';
import { Session } from './session.js';
import { refuseUpgrade } from './upgrade.js';

/** One upgrade request on its way to a socket. Its deadline covers everything up to `#handshake`. */
class Attempt {
  readonly socket: Duplex;
  session: Session | undefined;
  deadline: Deadline | undefined;

  constructor(socket: Duplex) {
    this.socket = socket;
  }
}

/** The facts about an upgrade request that decide about it. */
export interface UpgradeInfo {
  origin: string | undefined;
  secure: boolean;
  req: IncomingMessage;
}

/** Why an upgrade is refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Judges an upgrade request: handshake middleware first, then its origin. `undefined` accepts it. */
export async function judgeUpgrade(
  core: ServerCore,
  info: UpgradeInfo,
): Promise<Refusal | undefined> {
  if (core.middleware.handshake) {
    try {
      await passUpgrade(core, info.req);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { status: 401, message };
    }
  }
  return judgeOrigin(core, info);
}

function judgeOrigin(core: ServerCore, info: UpgradeInfo): Refusal | undefined {
  let allowed = false;
  try {
    allowed = core.checkOrigin({ origin: info.origin, request: info.req });
  } catch (error) {
    core.emitWarning(error);
  }
  if (allowed) return undefined;
  const origin = info.origin === undefined || info.origin === 'null' ? '*' : info.origin;
  const message = `Failed to authorize socket handshake - Invalid origin: ${origin}`;
  core.emitWarning(new ServerProtocolError(message));
  return { status: 403, message };
}

export function upgradeInfo(request: IncomingMessage): UpgradeInfo {
  const { origin } = request.headers;
  return { origin, secure: 'encrypted' in request.socket, req: request };
}

/** Turns an upgrade request into a socket, or refuses it. */
export function acceptUpgrade(
  core: ServerCore,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { maxPendingClients } = core.options;
  if (maxPendingClients > 0 && core.server.pendingClientsCount >= maxPendingClients) {
    refuseUpgrade(socket, 503, 'Too many pending handshakes');
    return;
  }
  // Until the engine takes over, nobody else listens; an unheard error would end the process.
  socket.on('error', ignoreError);
  const attempt = new Attempt(socket);
  attempt.deadline = deadlines.add(core.server.handshakeTimeout, giveUp, attempt);
  const info = upgradeInfo(request);
  if (core.middleware.handshake === undefined) {
    settle(core, attempt, request, head, judgeOrigin(core, info));
    return;
  }
  judgeUpgrade(core, info).then((refusal) => settle(core, attempt, request, head, refusal));
}

function settle(
  core: ServerCore,
  attempt: Attempt,
  request: IncomingMessage,
  head: Buffer,
  refusal: Refusal | undefined,
): void {
  const { socket } = attempt;
  if (refusal || socket.destroyed || core.isClosed) {
    abandon(attempt);
    dropHandshakeLane(request);
    refuseUpgrade(socket, refusal?.status ?? 503, refusal?.message ?? 'Service Unavailable');
    return;
  }
  let connection: Connection | undefined;
  core.engine.upgrade(request, socket, head, (accepted) => {
    connection = accepted;
    open(core, attempt, request, accepted);
  });
  if (!connection) {
    abandon(attempt);
    dropHandshakeLane(request);
  }
}

function open(
  core: ServerCore,
  attempt: Attempt,
  request: IncomingMessage,
  connection: Connection,
): void {
  const session = new Session(core, connection, request, core.server.generateId());
  session.socket = new AGServerSocket(session);
  attempt.session = session;
  session.handshakeDeadline = attempt.deadline;
  session.handshakeLane = takeHandshakeLane(request);
  connection.handler = session;
  core.addPending(session);
  core.server.emit('handshake', { socket: session.socket });
}

/** The deadline of the whole handshake has passed. */
function giveUp(attempt: Attempt): void {
  attempt.deadline = undefined;
  if (attempt.session) attempt.session.close(4005);
  else attempt.socket.destroy();
}

function abandon(attempt: Attempt): void {
  if (attempt.deadline) deadlines.cancel(attempt.deadline);
  attempt.deadline = undefined;
}

function ignoreError(): void {}
