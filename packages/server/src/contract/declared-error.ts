import { PublicError } from '@asyngular/protocol';

/** An error that a procedure declares in its contract: `fail()` of its handler's context makes it. */
export class DeclaredError extends PublicError {
  override readonly code = 'ERR_DECLARED';
  /** What the contract declares for errors of this name. */
  readonly data: unknown;

  constructor(name: string, data: unknown) {
    super(name);
    this.name = name;
    this.data = data;
  }
}
