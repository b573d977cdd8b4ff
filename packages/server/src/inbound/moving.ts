import { InvalidActionError, type InvokePacket } from '@asyngular/protocol';
import { type MovingStep, parseMovingStep } from '@asyngular/protocol/internal';
import type { Arrival } from '../channels/arrival.js';
import { type EventPacket, refuse, refusedChannel } from './inbound-line.js';
import type { InboundSession } from './inbound-session.js';

/** How long what the client has sent may take to be consumed before it is let go all the same, in ms. */
const CONSUME_MS = 1_000;
/** How often that is looked at. */
const TICK_MS = 5;

/** `#moving` (P19.4 to P19.6): a step of a client on its way from one server to another. */
export function handleMoving(session: InboundSession, packet: EventPacket): void | Promise<void> {
  const { arrival } = session;
  const step = parseMovingStep(packet.data);
  if (step?.type === 'arrive' && arrival) return arrive(arrival, step.heard, session.core.broker);
  if (packet.cid !== undefined && step?.type === 'listen' && arrival?.mayListen) {
    return listen(session, arrival, packet, step);
  }
  if (packet.cid !== undefined && step?.type === 'leave' && !session.hasDeparted) {
    return depart(session, packet);
  }
  refuse(
    session,
    packet,
    new InvalidActionError('Moving request was malformatted, or came too late'),
  );
}

/**
 * Keeps what is published on the channels, for those that have no log. Whether the client may have it is decided when it
 * subscribes.
 */
async function listen(
  session: InboundSession,
  arrival: Arrival,
  packet: InvokePacket,
  { channels }: Extract<MovingStep, { type: 'listen' }>,
): Promise<void> {
  const { hub, recovery, server } = session.core;
  const plain = [...new Set(channels.slice(0, server.socketChannelLimit || undefined))].filter(
    (channel) => !recovery?.isRecoverable(channel) && !refusedChannel(session, channel),
  );
  arrival.listen(plain);
  // A channel that the broker refuses is refused again when the client subscribes to it.
  await Promise.allSettled(plain.map((channel) => hub.keep(channel)));
  if (!session.isClosed) session.respond(packet.cid, undefined);
}

/**
 * What the client has had has to be here before it subscribes: what comes later than that would come to it twice.
 * Its next packets wait.
 */
async function arrive(
  arrival: Arrival,
  heard: unknown,
  broker: InboundSession['core']['broker'],
): Promise<void> {
  const isHere = await hasCaughtUp(broker);
  arrival.settle(isHere ? heard : null);
}

/**
 * Lets the client go. What it has sent has its effect before what it will send elsewhere. It gets all that the broker had
 * accepted when the next server began to listen, and the broker has all that it got.
 */
async function depart(session: InboundSession, packet: InvokePacket): Promise<void> {
  await consumed(session);
  const { broker } = session.core;
  const hasAll = await hasCaughtUp(broker);
  if (session.isClosed) return;
  const heard = session.depart();
  const isComplete = hasAll && (await hasCaughtUp(broker));
  // Where that is not known, the next server announces a hole.
  if (!session.isClosed) session.respond(packet.cid, { heard: isComplete ? heard : null });
}

async function hasCaughtUp(broker: InboundSession['core']['broker']): Promise<boolean> {
  try {
    await broker.caughtUp?.();
    return true;
  } catch {
    return false;
  }
}

async function consumed({ inbound: { meter } }: InboundSession): Promise<void> {
  const endMs = performance.now() + CONSUME_MS;
  // This packet itself counts as one.
  while (meter.messages > 1 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}
