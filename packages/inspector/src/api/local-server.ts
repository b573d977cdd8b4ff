import type { AGServer, AGServerSocket } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { Clock } from '../clock.js';
import { Pace } from '../pace.js';
import { RefusedError } from '../refused-error.js';
import { Actions } from '../views/actions.js';
import { Channels } from '../views/channels.js';
import { formsOf } from '../views/forms.js';
import { Lists } from '../views/lists.js';
import { OverviewView } from '../views/overview.js';
import { PublicationMeter } from '../views/publication-meter.js';
import { Sockets } from '../views/sockets.js';
import { Tails } from '../views/tails.js';
import type { InspectorRequest } from './requests.js';
import type { ChannelOrder, ChannelRow, Refused, SocketOrder, SocketRow } from './snapshots.js';

/** Questions that are being answered at one time; the page has a few. */
const MAX_WORKING = 64;

/** What a question comes to: an HTTP status, and JSON. */
export interface InspectorAnswer {
  readonly status: number;
  readonly body: object;
  /** How long the event loop was kept for it, in ms. */
  readonly usedMs: number;
}

/** Answers what the page asks about the server of this process, whichever server was asked. */
export class LocalServer {
  readonly #server: AGServer;
  readonly #meter: PublicationMeter;
  readonly #overview: OverviewView;
  readonly #sockets: Sockets;
  readonly #socketLists: Lists<AGServerSocket, SocketRow, SocketOrder>;
  readonly #channels: Channels;
  readonly #channelLists: Lists<string, ChannelRow, ChannelOrder>;
  readonly #tails: Tails;
  readonly #actions: Actions;
  #working = 0;

  constructor(
    server: AGServer,
    inspection: ServerInspection,
    { readOnly, clock }: { readonly readOnly: boolean; readonly clock: Clock },
  ) {
    this.#server = server;
    this.#meter = new PublicationMeter(inspection, clock);
    this.#overview = new OverviewView(server, inspection, { meter: this.#meter, readOnly });
    this.#sockets = new Sockets(server, inspection, clock);
    this.#socketLists = new Lists(this.#sockets, inspection.id, clock);
    this.#channels = new Channels(server, inspection, this.#meter);
    this.#channelLists = new Lists(this.#channels, inspection.id, clock);
    this.#tails = new Tails(server, inspection, clock);
    this.#actions = new Actions(server, inspection, readOnly);
  }

  /** Never rejects: what goes wrong is an answer, too. `viewer` is who asks, for the log. */
  async answer(request: InspectorRequest, viewer: string): Promise<InspectorAnswer> {
    const pace = new Pace();
    if (this.#working >= MAX_WORKING) {
      return refusal(new RefusedError(503, 'Too many questions at once; ask again'), pace);
    }
    this.#working++;
    try {
      const body = await this.#read(request, viewer, pace);
      pace.stop();
      return { status: 200, body, usedMs: pace.usedMs };
    } catch (error) {
      return refusal(error, pace);
    } finally {
      this.#working--;
    }
  }

  close(): void {
    this.#meter.close();
    this.#tails.close();
  }

  #read(request: InspectorRequest, viewer: string, pace: Pace): object | Promise<object> {
    if ('action' in request) return this.#actions.run(request, viewer);
    switch (request.view) {
      case 'overview':
        return this.#overview.read();
      case 'sockets':
        return this.#socketLists.page(request, pace);
      case 'socket': {
        const socket = this.#sockets.find(request.id);
        if (socket !== undefined) return this.#sockets.details(socket);
        throw new RefusedError(404, `The socket ${request.id} is not open any more`);
      }
      case 'channels':
        this.#meter.look();
        return this.#channelLists.page(request, pace);
      case 'channel':
        this.#meter.look();
        return this.#channels.details(request.name);
      case 'tail':
        return this.#tails.read(request.of, request.name, request.after);
      case 'forms':
        return formsOf(this.#server.options.contract);
    }
  }
}

/** What the page shows in place of what it asked for. Errors of the server explain themselves. */
function refusal(error: unknown, { usedMs }: Pace): InspectorAnswer {
  const body: Refused = { error: error instanceof Error ? error.message : String(error) };
  return { status: error instanceof RefusedError ? error.status : 422, body, usedMs };
}
