import {
  type Codec,
  heartbeats,
  type InvokePacket,
  type ProtocolVersion,
  parsePacket,
  protocolEvents,
  type ResponsePacket,
  type TransmitPacket,
} from '@asyngular/protocol';
import {
  parseDisconnectNotice,
  parseKickOut,
  parsePublication,
} from '@asyngular/protocol/internal';

export interface InboundHost {
  readonly codec: Codec;
  readonly protocolVersion: ProtocolVersion;
  readonly hasMessageListener: boolean;
  emit(name: 'message' | 'raw', payload: { message: any }): void;
  onError(error: unknown): void;
  onPing(pong: string): void;
  settle(response: ResponsePacket): void;
  onPublication(wireName: string, data: unknown): void;
  onKickOut(wireName: string, message: unknown): void;
  /** Returns what was wrong with the token, if anything. */
  onSetAuthToken(data: unknown): Error | undefined;
  onRemoveAuthToken(): void;
  /** Version 1: the server says why it will close. */
  onDisconnectNotice(code: number | undefined, data: unknown): void;
  onTransmit(event: string, data: unknown): void;
  onInvoke(packet: InvokePacket): void;
  respond(id: number, data?: unknown): void;
  respondError(id: number, error: unknown): void;
}

const HASH = 0x23;

/**
 * From a message to its stream, in one synchronous pass: heartbeat, decode, parse, route.
 * Names that start with `#` and are no protocol events are ordinary names.
 */
export class Inbound {
  readonly #host: InboundHost;

  constructor(host: InboundHost) {
    this.#host = host;
  }

  /** @param isCurrent whether the connection the message came from still counts */
  receive(message: any, isCurrent: () => boolean): void {
    const host = this.#host;
    if (host.hasMessageListener) {
      host.emit('message', { message });
    }
    const heartbeat = heartbeats[host.protocolVersion];
    if (message === heartbeat.ping) {
      host.onPing(heartbeat.pong);
      return;
    }
    let content: unknown;
    try {
      content = host.codec.decode(message);
    } catch (error) {
      host.onError(error);
      return;
    }
    if (!Array.isArray(content)) {
      this.#route(content, message);
      return;
    }
    for (const item of content) {
      this.#route(item, message);
      // A packet may end the connection; what follows it belongs to nobody.
      if (!isCurrent()) {
        return;
      }
    }
  }

  #route(content: unknown, message: any): void {
    const packet = parsePacket(content);
    switch (packet?.type) {
      case 'transmit':
        if (packet.event.charCodeAt(0) !== HASH || !this.#control(packet)) {
          this.#host.onTransmit(packet.event, packet.data);
        }
        return;
      case 'invoke':
        if (packet.event.charCodeAt(0) !== HASH || !this.#controlCall(packet)) {
          this.#host.onInvoke(packet);
        }
        return;
      case 'response':
        this.#host.settle(packet);
        return;
      default:
        this.#host.emit('raw', { message });
    }
  }

  /** Handles a one-way protocol event; false if it is none. */
  #control({ event, data }: TransmitPacket): boolean {
    const host = this.#host;
    switch (event) {
      case protocolEvents.publish: {
        const publication = parsePublication(data);
        if (publication) {
          host.onPublication(publication.channel, publication.data);
        }
        return true;
      }
      case protocolEvents.kickOut: {
        const kickOut = parseKickOut(data);
        if (kickOut) {
          host.onKickOut(kickOut.channel, kickOut.message);
        }
        return true;
      }
      case protocolEvents.setAuthToken: {
        const error = host.onSetAuthToken(data);
        if (error) {
          host.onError(error);
        }
        return true;
      }
      case protocolEvents.removeAuthToken:
        host.onRemoveAuthToken();
        return true;
      case protocolEvents.disconnect: {
        if (host.protocolVersion !== 1) {
          return false;
        }
        const notice = parseDisconnectNotice(data);
        host.onDisconnectNotice(notice.code, notice.data);
        return true;
      }
      default:
        return false;
    }
  }

  /** Handles a protocol event that wants an answer; false if it is none. */
  #controlCall({ event, data, cid }: InvokePacket): boolean {
    const host = this.#host;
    if (event === protocolEvents.setAuthToken) {
      const error = host.onSetAuthToken(data);
      if (error) {
        host.onError(error);
        host.respondError(cid, error);
      } else {
        host.respond(cid);
      }
      return true;
    }
    if (event === protocolEvents.removeAuthToken) {
      host.onRemoveAuthToken();
      host.respond(cid);
      return true;
    }
    return false;
  }
}
