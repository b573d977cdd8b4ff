import {
  type ChannelChecks,
  type ContractChecks,
  type NameTable,
  type PayloadCheck,
  type ProcedureChecks,
  unknownName,
} from '@asyngular/protocol/internal';

/**
 * The checks of the contract that a server was given. `undefined`: the contract leaves that section out, and says nothing
 * of any name. All methods throw `NoHandlerError` for a name that a section does not have.
 */
export class ServerContract {
  readonly #checks: ContractChecks;

  constructor(checks: ContractChecks) {
    this.#checks = checks;
  }

  procedure(name: string): ProcedureChecks | undefined {
    return find('procedure', this.#checks.procedures, name);
  }

  receiver(name: string): PayloadCheck | undefined {
    return find('receiver', this.#checks.receivers, name);
  }

  clientProcedure(name: string): ProcedureChecks | undefined {
    return find('procedure of clients', this.#checks.clientProcedures, name);
  }

  clientReceiver(name: string): PayloadCheck | undefined {
    return find('receiver of clients', this.#checks.clientReceivers, name);
  }

  channel(name: string): ChannelChecks | undefined {
    return find('channel', this.#checks.channels, name);
  }

  /** The same of a channel that is there without being declared. */
  ownChannel(name: string): ChannelChecks | undefined {
    return this.#checks.channels?.get(name);
  }
}

function find<Entry>(
  kind: string,
  table: NameTable<Entry> | undefined,
  name: string,
): Entry | undefined {
  if (table === undefined) return undefined;
  const entry = table.get(name);
  if (entry !== undefined) return entry;
  // Clients choose the name; in production nobody gets work done by choosing one.
  throw unknownName(kind, name, process.env.NODE_ENV === 'production' ? [] : table.names);
}
