import type { CallData, CallResult, NameIn, SectionOf } from '@asyngular/protocol/internal';
import { AGRequest as BaseRequest } from '@asyngular/protocol/internal';
import type { AGServerSocket } from './server-socket.js';
import { sessionOf } from './socket-streams.js';

/**
 * A client's call: `end(data?)` answers it, `error(error)` fails it, once. Answering after the socket
 * has closed emits a BadConnectionError there and throws nothing.
 */
export class AGRequest<Data = any, Result = any, Api = any> extends BaseRequest<
  AGServerSocket<Api>,
  Data,
  Result
> {
  constructor(socket: AGServerSocket<Api>, id: number, procedure: string, data: Data) {
    const session = sessionOf(socket);
    super(socket, session.responder, id, procedure, data, session.served?.get(id));
  }
}

/** Request types of the procedures that clients call. */
export type RequestsOf<Api> = {
  [Name in NameIn<SectionOf<Api, 'procedures'>>]: AGRequest<
    CallData<SectionOf<Api, 'procedures'>, Name>,
    CallResult<SectionOf<Api, 'procedures'>, Name>,
    Api
  >;
};
