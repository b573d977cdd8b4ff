import type {
  AGRequest,
  CallData,
  CallResult,
  IsAny,
  SectionOf,
} from '@asyngular/protocol/internal';

/** Messages the server transmits: `socket.receiver(name)`. */
export type ReceiversOf<Contract> = SectionOf<Contract, 'clientReceivers'>;

/** Requests of the server: `socket.procedure(name)`. */
export type RequestsOf<Contract, Socket> = RequestMap<
  SectionOf<Contract, 'clientProcedures'>,
  Socket
>;

type RequestMap<Section, Socket> =
  IsAny<Section> extends true
    ? Record<string, AGRequest<Socket>>
    : {
        [Name in keyof Section]: AGRequest<
          Socket,
          CallData<Section, Name>,
          CallResult<Section, Name>
        >;
      };
