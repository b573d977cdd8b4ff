import { closeCodes } from '@asyngular/protocol';
import type { Deadline } from '@asyngular/protocol/internal';
import type { Upgrade } from '../engine/engine.js';
import { dropHandshakeLane } from '../handshake/handshake.js';
import type { AddressEntry } from '../limits/addresses.js';
import type { Session } from '../session/session.js';
import { deadlines } from '../turns/deadlines.js';
import type { UpgradeServer } from './upgrade-server.js';

/**
 * One handshake under way, from the upgrade request to the answer. Its deadline covers all of it, and
 * so does its place among the pending ones.
 */
export class HandshakeSlot {
  readonly upgrade: Upgrade;
  readonly address: AddressEntry | undefined;
  session: Session | undefined;
  readonly #core: UpgradeServer;
  #deadline: Deadline | undefined;

  constructor(core: UpgradeServer, upgrade: Upgrade, address: AddressEntry | undefined) {
    this.#core = core;
    this.upgrade = upgrade;
    this.address = address;
    core.handshakes.add(this);
    if (address) address.pending++;
    this.#deadline = deadlines.add(core.server.handshakeTimeout, giveUp, this);
  }

  /** The handshake is over, well or not. */
  release(): void {
    if (!this.#deadline) return;
    deadlines.cancel(this.#deadline);
    this.#deadline = undefined;
    this.#core.handshakes.delete(this);
    if (this.address) this.address.pending--;
  }

  /** The server closes: an upgrade that is still being judged is refused. */
  cut(): void {
    this.release();
    if (this.session) return;
    dropHandshakeLane(this.upgrade.request);
    this.upgrade.refuse(503, 'Service Unavailable');
  }

  /** Called after the sockets have been read once more. */
  expire(): void {
    if (!this.#deadline) return;
    this.#core.limits.add('handshakeTimeout');
    this.release();
    if (!this.session) {
      this.upgrade.refuse(503, 'The handshake took too long');
      return;
    }
    this.session.close(closeCodes.handshakeTimeout);
    this.#core.closing.terminateSoon(this.session.connection);
  }
}

/**
 * Called by the deadline. When this process was busy past it, the handshake may lie unread in the kernel:
 * sockets are read before the slot is given up.
 */
function giveUp(slot: HandshakeSlot): void {
  setImmediate(expire, slot);
}

function expire(slot: HandshakeSlot): void {
  slot.expire();
}
