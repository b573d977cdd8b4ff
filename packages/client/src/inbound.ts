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
  type RequestResponder,
} from '@asyngular/protocol/internal';
import type { Connection } from './connection.js';
import type { Core } from './core.js';
import type { OutboundPacket } from './requests.js';

const HASH = 0x23;

/**
 * From a message to its stream, in one synchronous pass: heartbeat, decode, parse, route.
 * Names that start with `#` and are no protocol events are ordinary names.
 */
export class Inbound {
  readonly #core: Core;
  #responder: RequestResponder | undefined;
  /** The connection that `#responder` answers to. */
  #connection: Connection | undefined;
  /** Calls that came through that connection and wait for the application's answer. */
  #unansweredCount = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  receive(message: any): void {
    const { owner, options, lifecycle, emit } = this.#core;
    if (owner.hasMessageListener()) {
      emit('message', { message });
    }
    const heartbeat = heartbeats[options.protocolVersion];
    if (message === heartbeat.ping) {
      lifecycle.connection?.onPing(heartbeat.pong);
      return;
    }
    let content: unknown;
    try {
      content = options.codecEngine.decode(message);
    } catch (error) {
      this.#core.onError(error);
      return;
    }
    if (!Array.isArray(content)) {
      this.#route(content, message);
      return;
    }
    for (const item of content) {
      this.#route(item, message);
      // A packet may end the connection; what follows it belongs to nobody.
      if (this.#core.isClosed) {
        return;
      }
    }
  }

  #route(content: unknown, message: any): void {
    const packet = parsePacket(content);
    const isProtocol = packet?.event?.charCodeAt(0) === HASH;
    switch (packet?.type) {
      case 'transmit':
        if (!isProtocol || !this.#control(packet)) {
          this.#core.owner.writeToReceiver(packet.event, packet.data);
        }
        return;
      case 'invoke':
        if (!isProtocol || !this.#controlCall(packet)) {
          this.#onInvoke(packet);
        }
        return;
      case 'response':
        this.#core.requests.settle(packet);
        return;
      default:
        this.#core.emit('raw', { message });
    }
  }

  /** Handles a one-way protocol event; false if it is none. */
  #control({ event, data }: TransmitPacket): boolean {
    const { subscriptions, authentication, lifecycle, channelStreams, options } = this.#core;
    switch (event) {
      case '#publish': {
        const publication = parsePublication(data);
        const name = publication && subscriptions.localName(publication.channel);
        if (name !== undefined) {
          channelStreams.publish(name, publication!.data);
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
        if (!lifecycle.hearsInterruptions) {
          return false;
        }
        const interruption = parseInterruption(data);
        if (interruption) {
          subscriptions.onInterruption(interruption);
        }
        return true;
      }
      case '#setAuthToken':
        authentication.onSetAuthToken(data);
        return true;
      case '#removeAuthToken':
        authentication.onRemoveAuthToken();
        return true;
      case '#disconnect': {
        if (options.protocolVersion !== 1) {
          return false;
        }
        const notice = parseDisconnectNotice(data);
        lifecycle.onDisconnectNotice(notice.code, notice.data);
        return true;
      }
      default:
        return false;
    }
  }

  /** Handles a protocol event that wants an answer; false if it is none. */
  #controlCall({ event, data, cid }: InvokePacket): boolean {
    const { authentication, outlet } = this.#core;
    if (event === '#setAuthToken') {
      const error = authentication.onSetAuthToken(data);
      outlet.send(error ? { rid: cid, error: dehydrateError(error) } : { rid: cid });
      return true;
    }
    if (event === '#removeAuthToken') {
      authentication.onRemoveAuthToken();
      outlet.send({ rid: cid });
      return true;
    }
    return false;
  }

  #onInvoke({ cid, event, data }: InvokePacket): void {
    const { owner, lifecycle, options } = this.#core;
    if (!this.#responder || this.#connection !== lifecycle.connection) {
      this.#connection = lifecycle.connection;
      this.#responder = this.#createResponder(this.#connection);
      this.#unansweredCount = 0;
    }
    const request = new AGRequest(owner.socket, this.#responder, cid, event, data);
    const limit = options.maxInboundCallsInFlight;
    if (this.#unansweredCount++ >= limit) {
      request.error(
        new InvalidActionError(`Cannot call ${event}: ${limit} calls wait for an answer`),
      );
      return;
    }
    if (!owner.hasProcedure(event)) {
      // A call that nobody hears is forgotten at once and never answered.
      this.#unansweredCount--;
    }
    owner.writeToProcedure(event, request);
  }

  /** Answers go to the connection their request came through, if it is still there: the next one would
   *  take them for answers to its own calls. */
  #createResponder(connection: Connection | undefined): RequestResponder {
    const core = this.#core;
    const answer = (packet: OutboundPacket) => {
      if (core.lifecycle.connection === connection && core.isOpen) {
        if (this.#unansweredCount > 0) {
          this.#unansweredCount--;
        }
        core.outlet.send(packet);
      }
    };
    return {
      respond: (rid, data) => answer(data === undefined ? { rid } : { rid, data }),
      respondError: (rid, error) => answer({ rid, error: dehydrateError(error) }),
    };
  }
}
