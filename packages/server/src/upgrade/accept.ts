import type { IncomingMessage } from 'node:http';
import { ResourceLimitError, ServerProtocolError } from '@asyngular/protocol';
import type { Connection, Upgrade } from '../engine/engine.js';
import { dropHandshakeLane, passUpgrade, takeHandshakeLane } from '../handshake/handshake.js';
import type { AddressEntry } from '../limits/addresses.js';
import type { LimitName } from '../limits/limits.js';
import { REFUSED } from '../limits/token-bucket.js';
import { Session } from '../session/session.js';
import { AGServerSocket } from '../socket/server-socket.js';
import { clientAddress } from './client-address.js';
import { HandshakeSlot } from './handshake-slot.js';
import { limitRates } from './limit-rates.js';
import { everyOrigin } from './origins.js';
import type { UpgradeServer } from './upgrade-server.js';

/** The facts about an upgrade request that decide about it. */
export interface UpgradeInfo {
  origin: string | undefined;
  secure: boolean;
  req: IncomingMessage;
}

/** Upgrades and handshakes that may wait for their turn: about as many as are let in within the usual deadline. */
const MAX_WAITING = 20_000;

/** Why an upgrade is refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** Judges an upgrade request: handshake middleware first, then its origin. `undefined` accepts it. */
export async function judgeUpgrade(
  core: UpgradeServer,
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

function judgeOrigin(core: UpgradeServer, info: UpgradeInfo): Refusal | undefined {
  let allowed = false;
  try {
    allowed = core.checkOrigin({ origin: info.origin, request: info.req });
  } catch (error) {
    core.emitWarning(error);
  }
  if (allowed) return undefined;
  core.limits.add('origins');
  const isNameless = info.origin === undefined || info.origin === 'null';
  const origin = isNameless ? '*' : info.origin;
  const message = `Failed to authorize socket handshake - Invalid origin: ${origin}`;
  const remedy = isNameless
    ? 'the request names no page, as those of programs; accept it in a function as the origins option'
    : 'if it is a page of yours, add it to the origins option';
  core.emitWarning(new ServerProtocolError(`${message}; ${remedy}`));
  return { status: 403, message };
}

function upgradeInfo(request: IncomingMessage): UpgradeInfo {
  const { origin } = request.headers;
  return { origin, secure: 'encrypted' in request.socket, req: request };
}

/** The same verdict as that of {@link judgeOrigin}; the headers are read only if it depends on them. */
function judgePage(core: UpgradeServer, request: IncomingMessage): Refusal | undefined {
  if (core.checkOrigin === everyOrigin) return undefined;
  return judgeOrigin(core, upgradeInfo(request));
}

/** Turns an upgrade request into a socket, or refuses it. */
export function acceptUpgrade(core: UpgradeServer, upgrade: Upgrade): void {
  const { request } = upgrade;
  const address = core.addresses?.entry(clientAddress(core, request));
  const crowd = judgeCrowd(core, address);
  if (crowd) {
    upgrade.refuse(crowd.status, crowd.message);
    return;
  }
  const slot = new HandshakeSlot(core, upgrade, address);
  if (core.middleware.handshake === undefined) {
    // The slot's deadline bounds how long it may wait.
    core.arrivals.run(request, () => settle(core, slot, judgePage(core, request)));
    return;
  }
  judgeUpgrade(core, upgradeInfo(request)).then((refusal) => {
    // The verdict may have come within a callback of the engine for something else. uWebSockets.js, which does
    // not expect an upgrade there, would end the process.
    setImmediate(() => core.arrivals.run(request, () => settle(core, slot, refusal)));
  });
}

/** Whether there is room for one more, before anything else is done for it. */
function judgeCrowd(core: UpgradeServer, address: AddressEntry | undefined): Refusal | undefined {
  if (core.isDraining) return { status: 503, message: 'Service Unavailable' };
  const { maxClients, maxPendingClients, maxPendingClientsPerAddress } = core.options;
  if (maxClients > 0 && core.server.clientsCount + core.handshakes.size >= maxClients) {
    return crowded(core, 'maxClients', 503, 'Too many clients');
  }
  const isFull = maxPendingClients > 0 && core.handshakes.size >= maxPendingClients;
  if (isFull || core.arrivals.size >= MAX_WAITING) {
    return crowded(core, 'maxPendingClients', 503, 'Too many pending handshakes');
  }
  if (core.backlogs.isBehindWithClients) {
    return crowded(core, 'eventHighWaterMark', 503, 'The server does not keep up with its clients');
  }
  if (!address) return undefined;
  if (maxPendingClientsPerAddress > 0 && address.pending >= maxPendingClientsPerAddress) {
    return crowded(
      core,
      'maxPendingClientsPerAddress',
      503,
      'Too many pending handshakes from this address',
    );
  }
  const result = address.buckets?.get('handshakes')?.take(1, performance.now());
  if (result !== REFUSED) return undefined;
  return crowded(core, 'rateLimits', 429, 'Too many handshakes from this address');
}

/** Refuses, and says so once a minute: a flood of clients must not become one of warnings. */
function crowded(core: UpgradeServer, limit: LimitName, status: number, message: string): Refusal {
  core.limits.add(limit);
  if (core.limits.isReportDue(limit, performance.now())) {
    core.emitWarning(
      new ResourceLimitError(
        `Clients are refused with HTTP ${status}: ${message} (see the option ${limit}; server.stats().limits counts them)`,
      ),
    );
  }
  return { status, message };
}

function settle(core: UpgradeServer, slot: HandshakeSlot, refusal: Refusal | undefined): void {
  const { upgrade } = slot;
  const end = (): void => {
    slot.release();
    dropHandshakeLane(upgrade.request);
  };
  if (refusal || upgrade.isGone || core.isClosed || core.isDraining) {
    end();
    upgrade.refuse(refusal?.status ?? 503, refusal?.message ?? 'Service Unavailable');
    return;
  }
  try {
    upgrade.accept((connection) => open(core, slot, connection), end);
  } catch (error) {
    // Such as a `handleProtocols` function that threw: nobody else would catch it.
    core.emitWarning(error);
    end();
    upgrade.drop();
  }
}

function open(core: UpgradeServer, slot: HandshakeSlot, connection: Connection): void {
  const { request } = slot.upgrade;
  const session = new Session(core, connection, request, core.server.generateId());
  // It makes itself the session's socket.
  new AGServerSocket(session);
  slot.session = session;
  session.handshakeSlot = slot;
  const lane = takeHandshakeLane(request);
  if (lane) session.lanes.handshake = lane;
  limitRates(core, session, slot.address);
  connection.handler = session;
  core.addPending(session);
}
