import type {
  ChannelData,
  ChannelNameArgument,
  PresenceState,
  PublicationData,
  PublishArguments,
} from '@asyngular/channels';
import type { CallData, SectionOf, StreamItem, StreamNameIn } from '@asyngular/protocol/internal';

// What names and payloads a contract allows, in the words of this package and of those that build on it.

/** A name or pattern of the contract's channels. */
export type ChannelNameOf<Contract, Name> = ChannelNameArgument<
  SectionOf<Contract, 'channels'>,
  Name
>;

/** What arrives on the channel `Name`. */
export type DataOf<Contract, Name> = ChannelData<SectionOf<Contract, 'channels'>, Name>;

/** What members of the channel `Name` show of themselves. */
export type StateOf<Contract, Name> = PresenceState<SectionOf<Contract, 'presence'>, Name>;

/** Arguments of a publication on the channel `Name`. */
export type PublishArgumentsOf<Contract, Name> = PublishArguments<
  PublicationData<SectionOf<Contract, 'channels'>, SectionOf<Contract, 'publications'>, Name>
>;

/** The procedures that answer with a stream. */
export type StreamNameOf<Contract> = StreamNameIn<SectionOf<Contract, 'procedures'>>;

/** What the procedure `Name` is called with. */
export type CallDataOf<Contract, Name> = CallData<SectionOf<Contract, 'procedures'>, Name>;

/** What the stream of the procedure `Name` yields. */
export type StreamItemOf<Contract, Name> = StreamItem<SectionOf<Contract, 'procedures'>, Name>;
