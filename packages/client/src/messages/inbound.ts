import {
  dehydrateError,
  heartbeats,
  InvalidActionError,
  type InvokePacket,
  parsePacket,
  type TransmitPacket,
} from '@asyngular/protocol';
import {
  AGRequest,
  parseDisconnectNotice,
  parseInterruption,
  parseKickOut,
  parsePublication,
} from '@asyngular/protocol/internal';
import { type Core, emitError } from '../core.js';
import type { OutboundPacket } from './outlet.js';

/**
 * From a message to its stream, in one synchronous pass: heartbeat, decode, parse, route.
 * Names that start with `#` and are no protocol events are ordinary names.
 */
export function receive(core: Core, message: any): void {
  const { protocolVersion, codecEngine } = core.options;
  core.emit('message', { message });
  if (message === heartbeats[protocolVersion].ping) {
    core.transport!.onHeartbeat();
    return;
  }
  let content: unknown;
  try {
    content = codecEngine.decode(message);
  } catch (error) {
    emitError(core, error);
    return;
  }
  for (const item of Array.isArray(content) ? content : [content]) {
    route(core, item, message);
    // A packet may end the connection; what follows it belongs to nobody.
    if (core.state === 'closed') {
      return;
    }
  }
}

function route(core: Core, content: unknown, message: unknown): void {
  const packet = parsePacket(content);
  if (!packet) {
    core.emit('raw', { message });
  } else if (packet.event === undefined) {
    core.requests.settle(packet);
  } else if (!control(core, packet)) {
    if (packet.cid === undefined) {
      core.socket.writeToReceiver(packet.event, packet.data);
    } else {
      onInvoke(core, packet);
    }
  }
}

/** Handles an event of the protocol; false if it is none. */
function control(core: Core, { event, data, cid }: TransmitPacket | InvokePacket): boolean {
  const { authentication, subscriptions, options } = core;
  if (event === '#setAuthToken' || event === '#removeAuthToken') {
    let error: unknown;
    if (event === '#setAuthToken') {
      error = authentication.onSetAuthToken(data);
    } else {
      void authentication.onRemoveAuthToken();
    }
    if (cid !== undefined) {
      core.outlet.send({ rid: cid, error: dehydrateError(error) });
    }
    return true;
  }
  // The others are one-way.
  switch (cid === undefined && event) {
    case '#publish': {
      const publication = parsePublication(data);
      const subscription = publication && subscriptions.wantedAs(publication.channel);
      if (subscription) {
        core.channelStreams.publish(subscription.name, publication.data);
      }
      return true;
    }
    case '#kickOut': {
      const kickOut = parseKickOut(data);
      if (kickOut) {
        subscriptions.onKickOut(kickOut.channel, kickOut.message);
      }
      return true;
    }
    case '#interruption': {
      const interruption = parseInterruption(data);
      if (interruption) {
        subscriptions.onInterruption(interruption);
      }
      return true;
    }
    case '#disconnect':
      if (options.protocolVersion === 1) {
        const { code = 1000, data: reason } = parseDisconnectNotice(data);
        core.transport!.end(code, reason);
        return true;
      }
  }
  return false;
}

function onInvoke(core: Core, { cid, event, data }: InvokePacket): void {
  const { options, socket } = core;
  const uplink = core.transport!;
  /** An answer goes to the connection its request came through, if it is still there: the next one
   *  would take it for an answer to its own call. */
  const answer = (packet: OutboundPacket) => {
    if (!uplink.isOver) {
      uplink.unanswered--;
      core.outlet.send(packet);
    }
  };
  const request = new AGRequest(socket, answer, cid, event, data);
  const limit = options.maxInboundCallsInFlight;
  // A call that nobody hears is forgotten at once and never answered.
  const isHeard = socket.getProcedureConsumerCount(event) > 0;
  if (isHeard && ++uplink.unanswered > limit) {
    request.error(
      new InvalidActionError(
        `Event ${event} was aborted due to maxInboundCallsInFlight: ${limit}; raise it`,
      ),
    );
  } else {
    socket.writeToProcedure(event, request);
  }
}
