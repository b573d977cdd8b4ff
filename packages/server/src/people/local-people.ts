import { dehydrateError, InvalidMessageError } from '@asyngular/protocol';
import { isPublicationOn } from '../channels/publication-check.js';
import { USER_CHANNEL } from '../channels/user-channel.js';
import type { FrameEngine } from '../engine/engine.js';
import { Publication } from '../outbound/publication.js';
import { nextTurn } from '../turns/next-turn.js';
import { fromPayload, type PayloadOwner, packData, unpackData } from './payload.js';
import type {
  DeviceRequest,
  ListRequest,
  PeopleAnswer,
  ReachRequest,
  SocketFilter,
} from './people-requests.js';
import {
  fits,
  listSockets,
  type PersonSession,
  type SocketSource,
  socketsThatFit,
} from './people-sockets.js';

/** Sockets that something is done to before the other sockets get their turn. */
const SOCKETS_PER_TURN = 250;

/** Devices of a user that a call is sent to on one server: those that connected last. */
const MAX_DEVICES = 100;

/** What reaching people needs of the server. */
export interface PeopleOwner extends SocketSource, PayloadOwner {
  readonly engine: FrameEngine;
  /** Takes a socket out of a channel, and tells the client. */
  kickOut(session: PersonSession, channel: string, message: unknown): void;
}

/** The devices that a call was sent to. */
export interface DeviceCall {
  readonly count: number;
  /** Of the first device that answers; rejects with the first error when all have failed. `undefined`: there is none. */
  readonly answer: Promise<unknown> | undefined;
}

/** What is done to the sockets of this server, whichever server wants it. */
export class LocalPeople {
  readonly #owner: PeopleOwner;

  constructor(owner: PeopleOwner) {
    this.#owner = owner;
  }

  /** Resolves to the number of sockets that were reached. Rejects when the data cannot be read. */
  async reach(request: ReachRequest): Promise<number> {
    const act = this.#actionOf(request);
    const filter = filterOf(request);
    let count = 0;
    let room = SOCKETS_PER_TURN;
    for (const session of socketsThatFit(this.#owner, filter)) {
      if (room-- === 0) {
        await nextTurn();
        room = SOCKETS_PER_TURN - 1;
      }
      // In the turns since it was found it may have left, or come to belong to somebody else.
      if (!fits(session, filter)) continue;
      act(session);
      count++;
    }
    return count;
  }

  /** Calls all devices of a user. Throws when the data cannot be read. */
  call({ user, name, data, timeoutMs }: DeviceRequest): DeviceCall {
    const value = unpackData(this.#owner, data);
    const devices = socketsThatFit(this.#owner, { user }).slice(-MAX_DEVICES);
    if (devices.length === 0) return { count: 0, answer: undefined };
    const calls = devices.map((session) => session.invoke(name, value, timeoutMs));
    return { count: devices.length, answer: firstOf(calls) };
  }

  /** Answers another server. Never throws, and never rejects. */
  async answerCall(request: DeviceRequest, tell: (answer: PeopleAnswer) => void): Promise<void> {
    try {
      const { count, answer } = this.call(request);
      tell({ count, isPart: answer !== undefined });
      if (answer === undefined) return;
      tell({ payload: packData(this.#owner, await answer, 'The answer of a device') });
    } catch (error) {
      tell({ error: dehydrateError(error) });
    }
  }

  list({ user, channel, limit, after }: ListRequest): PeopleAnswer {
    return listSockets(this.#owner, { user, channel }, limit, after);
  }

  #actionOf(request: ReachRequest): (session: PersonSession) => void {
    switch (request.do) {
      case 'transmit': {
        const data = unpackData(this.#owner, request.data);
        return (session) => session.transmit(request.name, data);
      }
      case 'kickOut': {
        const message = unpackData(this.#owner, request.message);
        return (session) => this.#owner.kickOut(session, request.channel, message);
      }
      case 'disconnect':
        return (session) => session.close(request.code, request.reason);
      case 'publish': {
        const message = fromPayload(request.message);
        if (!isPublicationOn(USER_CHANNEL, message, this.#owner.codecs.first)) {
          throw new InvalidMessageError(
            `Another server sent something for ${USER_CHANNEL} that is not a publication on it`,
          );
        }
        const publication = new Publication(USER_CHANNEL, message, this.#owner);
        return (session) => session.deliver(publication);
      }
    }
  }
}

/** The sockets that a request is about. */
function filterOf(request: ReachRequest): SocketFilter {
  switch (request.do) {
    case 'transmit':
      return { user: request.user };
    case 'publish':
      return { user: request.user, channel: USER_CHANNEL };
    case 'kickOut':
    case 'disconnect':
      return { user: request.user, channel: request.channel };
  }
}

async function firstOf(calls: readonly Promise<unknown>[]): Promise<unknown> {
  try {
    return await Promise.any(calls);
  } catch (failures) {
    throw (failures as AggregateError).errors[0];
  }
}
