import { closeCodes, parsePacket } from '@asyngular/protocol';
import type { InboundSession } from './inbound-session.js';

/** What a message holds that need not wait for its turn. */
export interface Passed {
  /** Nothing else is in it, so that it is dealt with. */
  readonly isAll: boolean;
  /** Packets that answered no call in flight: late, or made up. */
  readonly strays: number;
}

const NOTHING: Passed = { isAll: false, strays: 0 };
const ONE_STRAY: Passed = { isAll: true, strays: 1 };
const ONE_ANSWER: Passed = { isAll: true, strays: 0 };

/**
 * Lets the pong or the answers through that are in a message whose data has to wait, because somebody who
 * waits for them may be the reason why it has to. When data is left, the message is handled again in its
 * turn; its answers answer nothing then, and are ignored.
 */
export function passControl(session: InboundSession, message: string | Buffer): Passed {
  // An answer may tell of a client that is not known yet, and nobody has asked anything before.
  if (!session.isOpen) return NOTHING;
  const passed = takePong(session, message) ? ONE_STRAY : passMessage(session, message);
  if (passed.isAll && session.socket.getListenerConsumerCount('message') > 0) {
    session.socket.deliverMessage('message', message);
  }
  return passed;
}

function passMessage(session: InboundSession, message: string | Buffer): Passed {
  if (session.callsInFlight === 0) return NOTHING;
  let content: unknown;
  try {
    content = session.codec.decode(message);
  } catch {
    // Reported in its turn.
    return NOTHING;
  }
  if (!Array.isArray(content)) return passAnswer(session, content);
  return content.length > session.core.options.maxBatchLength
    ? NOTHING
    : passAnswers(session, content);
}

/** The same for the elements of a batch. */
export function passAnswers(session: InboundSession, elements: readonly unknown[]): Passed {
  let isAll = elements.length > 0;
  let strays = 0;
  for (const element of elements) {
    const passed = passAnswer(session, element);
    isAll &&= passed.isAll;
    strays += passed.strays;
  }
  return { isAll, strays };
}

function passAnswer(session: InboundSession, value: unknown): Passed {
  const packet = parsePacket(value);
  if (packet === undefined || packet.event !== undefined) return NOTHING;
  return session.settleCall(packet) ? ONE_ANSWER : ONE_STRAY;
}

/** Takes the message if it is a pong; one of a version that the server does not speak is an ordinary message. */
export function takePong(session: InboundSession, message: string | Buffer): boolean {
  if (typeof message !== 'string') return false;
  const version = message === '' ? 2 : message === '#2' ? 1 : undefined;
  const { core } = session;
  if (version === undefined || (core.options.protocolVersion ?? version) !== version) return false;
  if (session.state === 'connecting') {
    if (core.server.strictHandshake) session.close(closeCodes.messageBeforeHandshake);
    return true;
  }
  session.heartbeat.pong(version);
  session.auth.checkExpiry();
  return true;
}
