import type { AGServer, AGServerSocket } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { SocketDetails, SocketOrder, SocketRow } from '../api/snapshots.js';
import type { Clock } from '../clock.js';
import type { ListSource } from './lists.js';
import { SocketRates } from './socket-rates.js';

/** Channels of a socket that are listed. */
const MAX_NAMES = 100;
/** Characters that are shown of what a request says, which may be anything. */
const MAX_TEXT = 200;

/** The sockets of a server as the page sees them. */
export class Sockets implements ListSource<AGServerSocket, SocketRow, SocketOrder> {
  readonly #server: AGServer;
  readonly #inspection: ServerInspection;
  readonly #rates: SocketRates;
  /** All sockets, as long as none came or went. */
  #known: { readonly handshakes: number; readonly sockets: readonly AGServerSocket[] } | undefined;

  constructor(server: AGServer, inspection: ServerInspection, clock: Clock) {
    this.#server = server;
    this.#inspection = inspection;
    this.#rates = new SocketRates(clock);
  }

  /** `channel:name` as search means the sockets on that channel. */
  items(search: string) {
    const total = this.#server.clientsCount;
    const channel = channelOf(search);
    const items =
      channel === undefined
        ? this.#all()
        : this.#inspection.socketsOn(channel, Number.POSITIVE_INFINITY);
    return { items, total };
  }

  /** `user:id` means exactly that user; else any part of the id, the user or the address. */
  fitting(search: string): ((socket: AGServerSocket) => boolean) | undefined {
    if (search === '' || channelOf(search) !== undefined) return undefined;
    const user = /^user:(.+)$/s.exec(search)?.[1];
    if (user !== undefined) return ({ userId }) => userId === user;
    const lower = search.toLowerCase();
    return (socket) =>
      socket.id.includes(search) ||
      socket.userId?.toLowerCase().includes(lower) === true ||
      addressOf(socket)?.includes(search) === true;
  }

  ranking(order: SocketOrder): ((socket: AGServerSocket) => number) | 'reverse' | undefined {
    switch (order) {
      case 'newest':
        return 'reverse';
      case 'oldest':
        return undefined;
      case 'buffered':
        return (socket) => socket.bufferedBytes;
      case 'busiest':
        return (socket) => this.#rates.read(socket).total * 100;
      case 'received':
        return (socket) => socket.inboundReceivedMessageCount;
      case 'sent':
        return (socket) => socket.outboundSentMessageCount;
      case 'channels':
        return (socket) => socket.channelSubscriptionsCount;
      case 'dropped':
        return (socket) => socket.stats().droppedPublications;
    }
  }

  describe(socket: AGServerSocket): SocketRow {
    const stats = socket.stats();
    const rates = this.#rates.read(socket);
    return {
      id: socket.id,
      user: socket.userId,
      address: addressOf(socket)?.replace(/^::ffff:(?=\d+\.)/i, ''),
      since: this.#inspection.sinceOf(socket),
      state: socket.state,
      isAuthenticated: socket.authState === 'authenticated',
      channels: socket.channelSubscriptionsCount,
      buffered: stats.bufferedBytes,
      received: stats.inboundReceivedMessageCount,
      sent: stats.outboundSentMessageCount,
      receivedRate: rates.received,
      sentRate: rates.sent,
      dropped: stats.droppedPublications,
      isPaused: stats.isReadingPaused,
    };
  }

  find(id: string): AGServerSocket | undefined {
    return this.#server.clients[id];
  }

  /** Claims of the token are not shown: they are nobody's business but the application's. */
  details(socket: AGServerSocket): SocketDetails {
    const stats = socket.stats();
    const { headers } = socket.request;
    return {
      ...this.describe(socket),
      address: socket.remoteAddress,
      forwardedFor: socket.forwardedForAddress?.slice(0, MAX_TEXT),
      protocolVersion: socket.protocolVersion,
      bytesReceived: stats.bytesReceived,
      unconsumed: stats.unconsumedMessages,
      unconsumedBytes: stats.unconsumedBytes,
      tokenExpires: expiryOf(socket.authToken),
      userAgent: headers['user-agent']?.slice(0, MAX_TEXT),
      origin: headers.origin?.slice(0, MAX_TEXT),
      names: socket.subscriptions().sort().slice(0, MAX_NAMES),
    };
  }

  /** Taking ten thousand sockets out of the object they are in takes longer than looking at them. */
  #all(): readonly AGServerSocket[] {
    const { clients, clientsCount } = this.#server;
    const { handshakes } = this.#server.stats();
    const known = this.#known;
    if (known?.handshakes === handshakes && known.sockets.length === clientsCount) {
      return known.sockets;
    }
    const sockets: AGServerSocket[] = [];
    for (const id in clients) sockets.push(clients[id]!);
    this.#known = { handshakes, sockets };
    return sockets;
  }

  /** Lets go of the sockets: nobody looks. */
  forget(): void {
    this.#known = undefined;
  }
}

function channelOf(search: string): string | undefined {
  return /^channel:(.+)$/s.exec(search)?.[1];
}

function addressOf(socket: AGServerSocket): string | undefined {
  return socket.forwardedForAddress?.slice(0, MAX_TEXT) ?? socket.remoteAddress;
}

function expiryOf(token: { exp?: unknown } | null): number | undefined {
  return typeof token?.exp === 'number' ? token.exp * 1_000 : undefined;
}
