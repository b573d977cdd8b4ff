import { InvalidArgumentsError } from '@asyngular/protocol';
import type { VerificationKey } from './auth-engine.js';

/**
 * A key that nobody chose. The warning of it comes with the first token that is signed or checked with it, so that a
 * server without logins has none.
 */
export class RandomKey {
  readonly #key: VerificationKey;
  readonly #emitWarning: (warning: Error) => void;
  #isAnnounced = false;

  constructor(key: VerificationKey, emitWarning: (warning: Error) => void) {
    this.#key = key;
    this.#emitWarning = emitWarning;
  }

  /** A token is about to be signed or checked with `key`, which may have replaced this one. */
  onUse(key: VerificationKey | undefined): void {
    if (this.#isAnnounced || key !== this.#key) return;
    this.announce();
  }

  announce(): void {
    this.#isAnnounced = true;
    this.#emitWarning(
      new InvalidArgumentsError(
        'No authKey was given, so tokens are signed with a random key: they end with this process ' +
          'and mean nothing to others. Set authKey (or authPrivateKey and authPublicKey)',
      ),
    );
  }
}
