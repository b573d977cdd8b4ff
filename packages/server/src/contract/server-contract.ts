import {
  type ChannelChecks,
  type ContractChecks,
  findDeclared,
  type PayloadCheck,
  type ProcedureChecks,
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
    return findDeclared(this.#checks.procedures, 'procedure', name, mayAdvise);
  }

  /** Whether it has the procedure. */
  hasProcedure(name: string): boolean {
    return this.#checks.procedures?.get(name) !== undefined;
  }

  receiver(name: string): PayloadCheck | undefined {
    return findDeclared(this.#checks.receivers, 'receiver', name, mayAdvise);
  }

  clientProcedure(name: string): ProcedureChecks | undefined {
    return findDeclared(this.#checks.clientProcedures, 'procedure of clients', name, mayAdvise);
  }

  /** Whether it has the procedure of clients. */
  hasClientProcedure(name: string): boolean {
    return this.#checks.clientProcedures?.get(name) !== undefined;
  }

  clientReceiver(name: string): PayloadCheck | undefined {
    return findDeclared(this.#checks.clientReceivers, 'receiver of clients', name, mayAdvise);
  }

  channel(name: string): ChannelChecks | undefined {
    return findDeclared(this.#checks.channels, 'channel', name, mayAdvise);
  }

  /** The same of a channel that is there without being declared. */
  ownChannel(name: string): ChannelChecks | undefined {
    return this.#checks.channels?.get(name);
  }
}

/** Clients choose the name; in production nobody gets work done by choosing one. */
function mayAdvise(): boolean {
  return process.env.NODE_ENV !== 'production';
}
