import { closeCodes, parsePacket, protocolEvents } from '@asyngular/protocol';
import { handleCallControl, isCallControl, isNewCredit } from './call-control.js';
import type { EventPacket } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

/** What a message holds that need not wait for its turn. */
export interface Passed {
  /** Nothing else is in it, so that it is dealt with. */
  readonly isAll: boolean;
  /** Packets that answered no call in flight: late, or made up. */
  readonly strays: number;
}

/** No packet about a call is longer, except those of a body. */
const MAX_CONTROL_LENGTH = 128;

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

/** Whether to look into a message that waits: it is read twice then. */
function expectsControl(session: InboundSession, message: string | Buffer): boolean {
  if (session.callsInFlight > 0 || session.hasStreams) return true;
  // A plain call may be withdrawn; all codecs that we know leave the name as it is.
  return (
    session.served !== undefined &&
    session.served.size > 0 &&
    message.length <= MAX_CONTROL_LENGTH &&
    message.includes(protocolEvents.cancel)
  );
}

function passMessage(session: InboundSession, message: string | Buffer): Passed {
  if (!expectsControl(session, message)) return NOTHING;
  let content: unknown;
  try {
    content = session.codec.decode(message);
  } catch {
    // Reported in its turn.
    return NOTHING;
  }
  if (!Array.isArray(content)) return passAnswer(session, content, message.length);
  return content.length > session.core.options.maxBatchLength
    ? NOTHING
    : passAnswers(session, content, message.length);
}

/** The same for the elements of a batch. */
export function passAnswers(
  session: InboundSession,
  elements: readonly unknown[],
  messageSize: number,
): Passed {
  let isAll = elements.length > 0;
  let strays = 0;
  for (const element of elements) {
    const passed = passAnswer(session, element, Math.ceil(messageSize / elements.length));
    isAll &&= passed.isAll;
    strays += passed.strays;
  }
  return { isAll, strays };
}

function passAnswer(session: InboundSession, value: unknown, size: number): Passed {
  const packet = parsePacket(value);
  if (packet === undefined) return NOTHING;
  if (packet.event !== undefined) {
    const isHandled =
      isCallControl(session, packet.event) && passCallControl(session, packet, size);
    return isHandled ? ONE_ANSWER : NOTHING;
  }
  if (!session.isAnswerDue(packet)) return NOTHING;
  return session.settleCall(packet) ? ONE_ANSWER : ONE_STRAY;
}

/** Bodies are data, so those that a function of the raw line is to see wait for it. */
function passCallControl(session: InboundSession, packet: EventPacket, size: number): boolean {
  if (packet.event === protocolEvents.body && session.core.middleware.inboundRaw) return false;
  return handleCallControl(session, packet, size, false);
}

/** Whether the message is a credit that tells anything new. It is granted with that. */
export function isCreditMessage(session: InboundSession, message: string | Buffer): boolean {
  if (message.length > MAX_CONTROL_LENGTH || !session.hasStreams) return false;
  try {
    return countNewCredits(session, [session.codec.decode(message)]) === 1;
  } catch {
    return false;
  }
}

/** How many of the elements are. */
export function countNewCredits(session: InboundSession, elements: readonly unknown[]): number {
  if (!session.hasStreams) return 0;
  let count = 0;
  for (const element of elements) {
    const packet = parsePacket(element);
    if (packet?.event !== undefined && isNewCredit(session, packet)) count++;
  }
  return count;
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
