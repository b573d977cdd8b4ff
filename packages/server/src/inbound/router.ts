import {
  closeCodes,
  InvalidActionError,
  type InvokePacket,
  type Packet,
  protocolEvents,
} from '@asyngular/protocol';
import { type ServedCall, STREAM_EXTENSION } from '@asyngular/protocol/internal';
import { passContract } from './contract-line.js';
import { controlHandler } from './control.js';
import { type EventPacket, nameTooLong, passInbound, refuse } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';
import { WaitingCalls } from './waiting-calls.js';

/** Sends one parsed packet to whom it concerns. A promise means: the socket's next packet waits. */
export function routePacket(
  session: InboundSession,
  packet: Packet,
  size: number,
): void | Promise<void> {
  if (session.limiter !== undefined && !session.limiter.admitPacket(packet)) return;
  if (session.isLeaving && packet.cid !== undefined) return;
  if (packet.event === undefined) {
    if (session.isOpen) session.settleCall(packet);
    else refuseEarly(session, undefined);
    return;
  }
  const { event } = packet;
  if (event.charCodeAt(0) === 35 /* # */) {
    const control = controlHandler(session, event);
    if (control !== undefined) {
      if (!control.early && !session.isOpen && refuseEarly(session, packet)) return;
      return control.handle(session, packet, size);
    }
  }
  if (!session.isOpen && refuseEarly(session, packet)) return;
  if (event.length > session.core.options.maxNameLength) {
    refuse(
      session,
      packet,
      nameTooLong(session, packet.cid === undefined ? 'receiver' : 'procedure', event),
    );
    return;
  }
  const expired = session.auth.checkExpiry();
  const { contract } = session.core;
  if (contract === undefined) return admit(session, packet, packet.data, size, expired);
  const isCall = packet.cid !== undefined;
  const check = {
    session,
    packet,
    about: isCall ? { procedure: event } : { receiver: event },
    find: () => (isCall ? contract.procedure(event)?.data : contract.receiver(event)),
    go: (data: unknown) => admit(session, packet, data, size, expired),
  };
  return passContract(check, packet.data);
}

/** To the inbound line, if there is a function, else to the application. */
function admit(
  session: InboundSession,
  packet: EventPacket,
  data: unknown,
  size: number,
  expired: Error | undefined,
): void | Promise<void> {
  if (session.core.middleware.inbound === undefined) deliver(session, packet, data, size);
  else return offer(session, packet, data, size, expired);
}

/** The inbound line decides about a message or call to user code. */
async function offer(
  session: InboundSession,
  packet: EventPacket,
  data: unknown,
  size: number,
  expired: Error | undefined,
): Promise<void> {
  const { event } = packet;
  const allowed = await (packet.cid === undefined
    ? passInbound(session, packet, 'transmit', { receiver: event }, data, expired)
    : passInbound(session, packet, 'invoke', invokeFields(session, packet), data, expired));
  if (allowed) deliver(session, packet, allowed.data, size);
}

/** What an action says of a call. */
function invokeFields(
  { extensions }: InboundSession,
  { event, extra }: InvokePacket,
): { procedure: string; isStream?: true } {
  const isStream = extra?.credit !== undefined && extensions?.has(STREAM_EXTENSION) === true;
  return { procedure: event, ...(isStream && { isStream }) };
}

/** Hands a message or call to the application: a registered handler, or the socket's streams. */
function deliver(session: InboundSession, packet: EventPacket, data: unknown, size: number): void {
  const { core, socket } = session;
  const { event } = packet;
  if (packet.cid === undefined) {
    if (core.receiverHandlers?.run(session, event, data, size)) return;
    if (socket.getReceiverConsumerCount(event) === 0) core.counters.unhandledTransmits++;
    socket.deliverTransmit(event, data, size);
    return;
  }
  if (session.unansweredCalls >= core.options.maxPendingCalls) {
    const limit = core.options.maxPendingCalls;
    session.countLimit('maxPendingCalls');
    refuse(
      session,
      packet,
      new InvalidActionError(`Cannot call ${event}: ${limit} calls wait for an answer already`),
    );
    return;
  }
  const call = session.serving.begin(packet);
  if (call === undefined) return;
  const isRead = socket.getProcedureConsumerCount(event) > 0;
  if (isRead) session.waitingCalls?.settle(event);
  else if (isToBeAnswered(session, event)) {
    session.waitingCalls ??= new WaitingCalls(session);
    const deliver = (): void => deliverCall(session, call, data, size);
    session.waitingCalls.add(event, { call, size, deliver });
    return;
  }
  deliverCall(session, call, data, size);
}

/** Whether a call that no loop reads is refused if nobody comes to handle it. */
function isToBeAnswered({ core }: InboundSession, procedure: string): boolean {
  return core.options.answerUnhandled && core.procedureHandlers?.has(procedure) !== true;
}

function deliverCall(session: InboundSession, call: ServedCall, data: unknown, size: number): void {
  const { core, socket } = session;
  const { procedure } = call;
  if (core.procedureHandlers?.run(session, procedure, data, size, call)) return;
  let request: unknown;
  try {
    request = core.createRequest(session, call.id, procedure, data);
  } catch (error) {
    call.fail(error);
    return;
  }
  if (socket.getProcedureConsumerCount(procedure) === 0) {
    core.counters.unhandledCalls++;
    session.serving.settle(call, 'unhandled');
  } else session.unansweredCalls++;
  socket.deliverInvoke(request, procedure, size);
}

/**
 * A packet before the handshake. Strict servers close; others let one-way messages through to user
 * code and refuse everything else. Returns whether the packet is dealt with.
 */
function refuseEarly(session: InboundSession, packet: EventPacket | undefined): boolean {
  if (session.isClosed) return true;
  if (session.core.server.strictHandshake) {
    session.close(closeCodes.messageBeforeHandshake);
    return true;
  }
  if (packet === undefined) return true;
  if (packet.cid === undefined && !controlHandler(session, packet.event)) return false;
  const what =
    packet.event === protocolEvents.subscribe
      ? 'subscribe socket to a channel'
      : `handle ${packet.event}`;
  refuse(
    session,
    packet,
    new InvalidActionError(`Cannot ${what} before it has completed the handshake`),
  );
  return true;
}
