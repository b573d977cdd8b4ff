import {
  closeCodes,
  dehydrateError,
  heartbeats,
  InvalidActionError,
  type InvokePacket,
  NoHandlerError,
  type Packet,
  parsePacket,
  protocolEvents,
  type TransmitPacket,
} from '@asyngular/protocol';
import {
  AGRequest,
  parseDisconnectNotice,
  UNHANDLED_EXTENSION,
} from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Authentication } from '../auth/authentication.js';
import type { Link } from '../connection/link.js';
import { type Context, emitError } from '../context.js';
import type { InboundMessage } from '../platform/platform.js';
import { handleCallControl } from './call-control.js';
import type { Serving } from './client-calls.js';
import type { OutboundPacket } from './message.js';
import { createNotices, type NoticeNeeds } from './notices.js';
import type { Outlet } from './outlet.js';
import type { Requests } from './requests.js';

/** The streams of the application's receivers and procedures. */
export interface MessageSink {
  getProcedureConsumerCount(name: string): number;
  writeToReceiver(name: string, data: unknown): void;
  writeToProcedure(name: string, request: unknown): void;
}

/** What else of the socket the inbound way uses. */
export interface InboundNeeds extends NoticeNeeds {
  /** Shown to procedures as `request.socket`. */
  readonly socket: MessageSink;
  readonly outlet: Pick<Outlet, 'send'>;
  readonly requests: Pick<Requests, 'settle' | 'producerOf'>;
  readonly serving: Serving;
  readonly authentication: Pick<
    Authentication,
    'credentials' | 'onSetAuthToken' | 'onRemoveAuthToken' | 'onOtherServer'
  >;
}

/** Takes one message of a link. */
export type Receive = (link: Link, message: InboundMessage) => void;

/**
 * From a message to its stream, in one synchronous pass: heartbeat, decode, parse, route.
 * Names that start with `#` and are no events of the protocol are ordinary names.
 */
export function createInbound(
  context: Context,
  {
    socket,
    connection,
    outlet,
    requests,
    serving,
    subscriptions,
    presence,
    authentication,
    onReconnect,
  }: InboundNeeds,
): Receive {
  const takeNotice = createNotices({ connection, subscriptions, presence, onReconnect });

  function receive(link: Link, message: InboundMessage): void {
    const { protocolVersion } = context.options;
    context.emit('message', { message });
    if (message === heartbeats[protocolVersion].ping) {
      link.onHeartbeat();
      return;
    }
    let content: unknown;
    try {
      content = link.codec.decode(message);
    } catch (error) {
      emitError(context, error);
      return;
    }
    for (const item of Array.isArray(content) ? content : [content]) {
      handle(link, item, message);
      // A packet may end the connection; what follows it in the same message is dropped.
      if (link.isOver) {
        return;
      }
    }
  }

  /** A packet that throws, as those of a codec may, takes neither the rest of its message nor the socket along. */
  function handle(link: Link, content: unknown, message: InboundMessage): void {
    let packet: Packet | undefined;
    try {
      packet = parsePacket(content);
      route(link, packet, message);
    } catch (error) {
      acknowledge(link, packet?.cid, error);
      emitError(context, error);
    }
  }

  function route(link: Link, packet: Packet | undefined, message: InboundMessage): void {
    if (development) context.showPacket?.('received', packet ?? message);
    if (!packet) {
      context.emit('raw', { message });
    } else if (packet.event === undefined) {
      requests.settle(packet);
    } else if (!control(link, packet)) {
      if (packet.cid === undefined) {
        socket.writeToReceiver(packet.event, packet.data);
      } else {
        onInvoke(link, packet);
      }
    }
  }

  /** Handles an event of the protocol; false for the events of the application. */
  function control(link: Link, { event, data, cid }: TransmitPacket | InvokePacket): boolean {
    if (event === protocolEvents.setAuthToken) {
      const error = authentication.onSetAuthToken(data);
      acknowledge(link, cid, error);
      if (!error) {
        link.token = authentication.credentials.signedAuthToken;
        tellOther(link);
      }
      return true;
    }
    if (event === protocolEvents.removeAuthToken) {
      const { signedAuthToken } = authentication.credentials;
      if (link === connection.link || (signedAuthToken && link.token === signedAuthToken)) {
        authentication.onRemoveAuthToken();
        tellOther(link);
      }
      acknowledge(link, cid);
      return true;
    }
    // The others are one-way.
    return cid === undefined && controlOneWay(link, event, data);
  }

  /** What a server says of the token that is not in use any more, or not yet, the other one has to know. */
  function tellOther(link: Link): void {
    if (link !== connection.link) {
      authentication.onOtherServer();
    }
  }

  function acknowledge(link: Link, cid: number | undefined, error?: unknown): void {
    if (cid !== undefined) {
      outlet.send({ rid: cid, error: dehydrateError(error) }, link);
    }
  }

  function controlOneWay(link: Link, event: string, data: unknown): boolean {
    if (event === protocolEvents.disconnect && context.options.protocolVersion === 1) {
      const { code, data: reason } = parseDisconnectNotice(data);
      link.end(code ?? closeCodes.normal, reason);
      return true;
    }
    return takeNotice(link, event, data) || handleCallControl(link, serving, requests, event, data);
  }

  function onInvoke(link: Link, packet: InvokePacket): void {
    const { cid, event, data } = packet;
    // A call without a consumer waits for nothing, so it must not count.
    const isHeard = socket.getProcedureConsumerCount(event) > 0;
    const { maxInboundCallsInFlight, maxStreams } = context.options;
    if (!isHeard) {
      if (link.extensions.has(UNHANDLED_EXTENSION)) {
        refuse(
          link,
          cid,
          new NoHandlerError(development ? `nobody handles the procedure "${event}"` : event),
        );
      }
      return;
    }
    const isFull = link.unanswered >= maxInboundCallsInFlight;
    const call = isFull ? undefined : serving(link).begin(packet);
    if (!call) {
      const limit = isFull
        ? `maxInboundCallsInFlight: ${maxInboundCallsInFlight}`
        : `maxStreams: ${maxStreams}`;
      refuse(
        link,
        cid,
        new InvalidActionError(
          development ? `Event ${event} was aborted due to ${limit}; raise it` : limit,
        ),
      );
      return;
    }
    link.unanswered++;
    const answer = ({ error, ...result }: OutboundPacket): void => {
      link.unanswered--;
      if (error === undefined) {
        call.answer(result.data);
      } else {
        call.finish();
        if (!call.isCancelled) {
          refuse(link, cid, error);
        }
      }
    };
    socket.writeToProcedure(event, new AGRequest(socket, answer, cid, event, data, call));
  }

  /** The next connection would take it for the answer to a call of its own. */
  function refuse(link: Link, rid: number, error: unknown): void {
    if (!link.isOver) {
      outlet.send({ rid, error: dehydrateError(error, !!link.codec.extension) }, link);
    }
  }

  return receive;
}
