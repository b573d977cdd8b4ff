import type { Recipient } from '../engine.js';
import type { UwsConnection } from './connection.js';
import type { UwsFrames } from './frames.js';
import type { UwsApp } from './module.js';

/** Nobody else publishes to a topic of ours. */
const TOPIC = 'asyngular';
/** Below these, joining the topic costs more than it saves. */
const MIN_FRAMES = 8;
const MIN_RECIPIENTS = 8;

/**
 * A native topic whose members are the connections that got the same frames last, as a rule the
 * subscribers of a busy channel. Who gets what has been decided by then, socket by socket: the topic only
 * spares the way into C++ for each frame and recipient.
 *
 * uWebSockets.js sends what was published at the end of the event-loop turn, or before the next message
 * that is sent to a member, so order is kept. A member that leaves loses what is still to be sent; that
 * is why the members change once per turn at most, before anything is published.
 */
export class Topic {
  #members = new Set<UwsConnection>();
  #isBusy = false;
  readonly #app: UwsApp;

  constructor(app: UwsApp) {
    this.#app = app;
  }

  /** Sends the frames to all recipients if that is worth while, and possible in this turn. */
  send(recipients: readonly Recipient[], frames: UwsFrames): boolean {
    const isWorthWhile =
      recipients.length >= MIN_RECIPIENTS && frames.parts.length >= MIN_FRAMES && !this.#isBusy;
    if (!isWorthWhile) return false;
    this.#isBusy = true;
    this.#admit(new Set(recipients.map(({ connection }) => connection as UwsConnection)));
    for (const { payload, isBinary } of frames.parts) {
      this.#app.publish(TOPIC, payload, isBinary, false);
    }
    // What was published has been sent by then.
    setImmediate(() => {
      this.#isBusy = false;
      for (const recipient of recipients) {
        if ((recipient.connection as UwsConnection).isBlocked()) recipient.block();
      }
    });
    return true;
  }

  #admit(members: Set<UwsConnection>): void {
    for (const member of this.#members) if (!members.has(member)) member.leave(TOPIC);
    for (const member of members) if (!this.#members.has(member)) member.join(TOPIC);
    this.#members = members;
  }
}
