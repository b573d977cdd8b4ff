import type { AGClientSocket } from '@asyngular/client';
import type { AppContract } from '@asyngular/protocol';
import type {
  AGRequest,
  AuthTokenOf,
  CallData,
  CallResult,
  NameIn,
  PayloadIn,
  SectionOf,
} from '@asyngular/protocol/internal';
import type {
  AuthSnapshot,
  CallDataOf,
  ChannelNameOf,
  ChannelOptionsOfStores,
  ChannelSnapshot,
  ChannelStore,
  ConnectionSnapshot,
  DataOf,
  LatestOptions,
  LatestSnapshot,
  MessagesOptions,
  MessagesSnapshot,
  MessagesStore,
  OnMessage,
  PresenceSnapshot,
  PresenceStore,
  PublishArgumentsOf,
  Publishing,
  StateOf,
  StreamItemOf,
  StreamNameOf,
  StreamSnapshot,
  StreamStore,
  StreamStoreOptions,
} from '@asyngular/store';
import type { ReactElement, ReactNode } from 'react';

/** What hooks of channels have in common. */
interface Skippable {
  /** Does nothing for now, as if there were no hook: the status is `idle`. Default `false`. */
  skip?: boolean;
}

/** Options of `useChannel`. */
export interface ChannelHookOptions<Data = any> extends ChannelOptionsOfStores, Skippable {
  /** Called with each publication at once, without a rendering; always the function of the latest rendering. */
  onMessage?: OnMessage<Data>;
}

/** Options of `useMessages`. */
export interface MessagesHookOptions<Data = any> extends MessagesOptions<Data>, Skippable {}

/** Options of `useLatest`. */
export interface LatestHookOptions<Data = any> extends LatestOptions<Data>, Skippable {}

/** Options of `usePresence`. */
export interface PresenceHookOptions extends ChannelOptionsOfStores, Skippable {}

/** Options of `useStream`. */
export interface StreamHookOptions<Data = any, Item = any>
  extends StreamStoreOptions<Data, Item>,
    Skippable {}

/** What `useConnection` returns. */
export interface ConnectionResult extends ConnectionSnapshot {
  /** Connects now, in place of waiting for the next attempt. */
  readonly connect: () => void;
}

/** What `useAuth` returns. */
export interface AuthResult<Token = any>
  extends AuthSnapshot<Token>,
    Pick<AGClientSocket, 'authenticate' | 'deauthenticate'> {}

/** What `useChannel` returns. */
export interface ChannelResult<Args extends unknown[] = any[]>
  extends ChannelSnapshot,
    Publishing<Args>,
    Pick<ChannelStore, 'closeGap'> {}

/** What `useMessages` returns. */
export interface MessagesResult<Data = any, Args extends unknown[] = any[]>
  extends MessagesSnapshot<Data>,
    Publishing<Args>,
    Pick<MessagesStore<Data>, 'reload'> {}

/** What `useLatest` returns. */
export interface LatestResult<Data = any, Args extends unknown[] = any[]>
  extends LatestSnapshot<Data>,
    Publishing<Args> {}

/** What `usePresence` returns. */
export interface PresenceResult<State = any>
  extends PresenceSnapshot<State>,
    Pick<PresenceStore<State>, 'update'> {}

/** What `useStream` returns. */
export interface StreamResult<Item = any>
  extends StreamSnapshot<Item>,
    Pick<StreamStore<Item>, 'restart' | 'cancel'> {}

type Receivers<Contract> = SectionOf<Contract, 'clientReceivers'>;
type Procedures<Contract> = SectionOf<Contract, 'clientProcedures'>;

/**
 * The hooks of one contract. A channel's refusal by the server is thrown to the nearest error boundary, unless the
 * component reads `error`; with the boundary's reset the channel is asked for again.
 */
export interface Hooks<Contract extends AppContract = any> {
  /**
   * Gives a socket to the hooks below it. The socket is yours: it is made outside of components, and neither opened nor
   * closed here.
   */
  SocketProvider(props: { socket: AGClientSocket<Contract>; children?: ReactNode }): ReactElement;

  /** The socket, for calls and whatever has no hook. @throws an error without a provider */
  useSocket(): AGClientSocket<Contract>;

  /** How the connection stands. */
  useConnection(): ConnectionResult;

  /** The token, and whether the server accepts it. */
  useAuth(): AuthResult<AuthTokenOf<Contract>>;

  /** A channel whose publications go to a callback. */
  useChannel<Name extends string>(
    name: ChannelNameOf<Contract, Name>,
    options?: ChannelHookOptions<DataOf<Contract, Name>>,
  ): ChannelResult<PublishArgumentsOf<Contract, Name>>;

  /** What was published on a channel, as a list. */
  useMessages<Name extends string>(
    name: ChannelNameOf<Contract, Name>,
    options?: MessagesHookOptions<DataOf<Contract, Name>>,
  ): MessagesResult<DataOf<Contract, Name>, PublishArgumentsOf<Contract, Name>>;

  /** What was published on a channel last. */
  useLatest<Name extends string>(
    name: ChannelNameOf<Contract, Name>,
    options?: LatestHookOptions<DataOf<Contract, Name>>,
  ): LatestResult<DataOf<Contract, Name>, PublishArgumentsOf<Contract, Name>>;

  /** Who is in a channel, and with a `state` being one of them. */
  usePresence<Name extends string>(
    name: ChannelNameOf<Contract, Name>,
    state?: StateOf<Contract, Name>,
    options?: PresenceHookOptions,
  ): PresenceResult<StateOf<Contract, Name>>;

  /** What a procedure yields, while the component is shown. */
  useStream<Name extends StreamNameOf<Contract>>(
    name: Name,
    data: CallDataOf<Contract, Name>,
    options?: StreamHookOptions<CallDataOf<Contract, Name>, StreamItemOf<Contract, Name>>,
  ): StreamResult<StreamItemOf<Contract, Name>>;

  /** Messages that the server transmits, for the function of the latest rendering. */
  useReceiver<Name extends NameIn<Receivers<Contract>>>(
    name: Name,
    onMessage: (data: PayloadIn<Receivers<Contract>, Name>) => void,
  ): void;

  /**
   * Answers calls of the server with what the function of the latest rendering returns, or throws. Of several components
   * that answer one procedure, the first answer counts.
   */
  useProcedure<Name extends NameIn<Procedures<Contract>>>(
    name: Name,
    answer: (
      data: CallData<Procedures<Contract>, Name>,
      request: AGRequest<AGClientSocket<Contract>, CallData<Procedures<Contract>, Name>>,
    ) => CallResult<Procedures<Contract>, Name> | Promise<CallResult<Procedures<Contract>, Name>>,
  ): void;
}
