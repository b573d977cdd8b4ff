import type { AGServer, AGServerSocket } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { InspectorRequest } from '../api/requests.js';
import type { Done } from '../api/snapshots.js';
import { RefusedError } from '../refused-error.js';

/** What somebody asks for that changes something. */
export type ActionRequest = Extract<InspectorRequest, { action: string }>;

/** Does what a viewer asks for, and writes down who did it. */
export class Actions {
  readonly #server: AGServer;
  readonly #inspection: ServerInspection;
  readonly #readOnly: boolean;

  constructor(server: AGServer, inspection: ServerInspection, readOnly: boolean) {
    this.#server = server;
    this.#inspection = inspection;
    this.#readOnly = readOnly;
  }

  /** Throws `RefusedError`, and what the server says of a publication. */
  async run(request: ActionRequest, viewer: string): Promise<Done> {
    if (this.#readOnly) {
      throw new RefusedError(403, 'The inspector of this server is read-only: nothing is changed');
    }
    const done = await this.#do(request);
    this.#inspection.log(`inspector: ${viewer} ${done}`);
    return { done };
  }

  /** What has been done, for a sentence that begins with who did it. */
  async #do(request: ActionRequest): Promise<string> {
    switch (request.action) {
      case 'disconnect': {
        const { code, reason } = request;
        const socket = this.#socket(request.id);
        const name = nameOf(socket);
        await socket.disconnect(code, reason || undefined);
        return `disconnected ${name} with ${code}${reason && ` (${reason})`}`;
      }
      case 'kick': {
        const { channel, message } = request;
        const socket = this.#socket(request.id);
        if (!socket.isSubscribed(channel)) {
          throw new RefusedError(404, `${nameOf(socket)} is not subscribed to ${channel}`);
        }
        await socket.kickOut(channel, message || undefined);
        return `took ${nameOf(socket)} out of the channel ${channel}`;
      }
      case 'publish': {
        const { channel, data } = request;
        await this.#server.exchange.invokePublish(channel, data);
        return `published on the channel ${channel}`;
      }
    }
  }

  #socket(id: string): AGServerSocket {
    const socket = this.#server.clients[id];
    if (socket !== undefined) return socket;
    throw new RefusedError(404, `The socket ${id} is not open any more`);
  }
}

function nameOf({ id, userId }: AGServerSocket): string {
  return userId === undefined ? `the socket ${id}` : `the socket ${id} of ${userId}`;
}
