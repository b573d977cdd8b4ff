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
import { type Core, emitError } from './core.js';
import type { OutboundPacket } from './outlet.js';

const HASH = 0x23;

/**
 * From a message to its stream, in one synchronous pass: heartbeat, decode, parse, route.
 * Names that start with `#` and are no protocol events are ordinary names.
 */
export function receive(core: Core, message: any): void {
  const { protocolVersion, codecEngine } = core.options;
  if (core.socket.getListenerConsumerCount('message') > 0) {
    core.emit('message', { message });
  }
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
  if (!Array.isArray(content)) {
    route(core, content, message);
    return;
  }
  for (const item of content) {
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
  } else if (packet.type === 'response') {
    core.requests.settle(packet);
  } else if (packet.event.charCodeAt(0) !== HASH || !control(core, packet)) {
    if (packet.type === 'transmit') {
      core.socket.writeToReceiver(packet.event, packet.data);
    } else {
      onInvoke(core, packet);
    }
  }
}

/** Handles an event of the protocol; false if it is none. */
function control(core: Core, packet: TransmitPacket | InvokePacket): boolean {
  const { event, data, cid } = packet;
  const { authentication, subscriptions } = core;
  if (event === '#setAuthToken') {
    const error = authentication.onSetAuthToken(data);
    acknowledge(core, cid, error && dehydrateError(error));
    return true;
  }
  if (event === '#removeAuthToken') {
    void authentication.onRemoveAuthToken();
    acknowledge(core, cid);
    return true;
  }
  // The others are one-way.
  if (cid !== undefined) {
    return false;
  }
  switch (event) {
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
      const interruption = core.hearsInterruptions && parseInterruption(data);
      if (interruption) {
        subscriptions.onInterruption(interruption);
      }
      return core.hearsInterruptions;
    }
    case '#disconnect': {
      const isVersion1 = core.options.protocolVersion === 1;
      if (isVersion1) {
        const notice = parseDisconnectNotice(data);
        core.lifecycle.onDisconnectNotice(notice.code, notice.data);
      }
      return isVersion1;
    }
    default:
      return false;
  }
}

function acknowledge(core: Core, rid: number | undefined, error?: unknown): void {
  if (rid !== undefined) {
    core.outlet.send(error ? { rid, error } : { rid });
  }
}

function onInvoke(core: Core, { cid, event, data }: InvokePacket): void {
  const { options, socket } = core;
  const uplink = core.transport!;
  /** An answer goes to the connection its request came through, if it is still there: the next one
   *  would take it for an answer to its own call. */
  const answer = (packet: OutboundPacket) => {
    if (core.transport === uplink && core.state === 'open') {
      uplink.unanswered--;
      core.outlet.send(packet);
    }
  };
  const request = new AGRequest(
    socket,
    {
      respond: (rid, result) => answer({ rid, data: result }),
      respondError: (rid, error) => answer({ rid, error: dehydrateError(error) }),
    },
    cid,
    event,
    data,
  );
  const limit = options.maxInboundCallsInFlight;
  uplink.unanswered++;
  if (uplink.unanswered > limit) {
    request.error(
      new InvalidActionError(`Cannot call ${event}: ${limit} calls wait for an answer`),
    );
    return;
  }
  if (socket.getProcedureConsumerCount(event) === 0) {
    // A call that nobody hears is forgotten at once and never answered.
    uplink.unanswered--;
  }
  socket.writeToProcedure(event, request);
}
