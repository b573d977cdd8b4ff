import { AuthTokenError } from '@asyngular/protocol';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { TurnQueue } from '../turns/turn-queue.js';

type FindKey = ReturnType<typeof createLocalJWKSet>;

/** How long keys are used before they are fetched again, in ms. */
const FRESH_MS = 600_000;
/** Pause between fetches, in ms, whatever came of the last one and however many tokens name unknown keys. */
const PAUSE_MS = 5_000;
/** How long a fetch may take, in ms. */
const TIMEOUT_MS = 5_000;
/** Largest answer in bytes; the keys of large providers take some ten thousand. */
const MAX_BYTES = 1_048_576;
/** Tokens that go on in one turn of the event loop when the keys they waited for have come. */
const TOKENS_PER_TURN = 16;

/**
 * The keys of a JWKS endpoint. They are fetched when the first token comes, when one names a key that is not among them
 * (rotation), and every ten minutes; once known, they are used as long as no newer ones can be had.
 */
export class RemoteKeys {
  readonly #url: URL;
  readonly #closing: AbortSignal | undefined;
  readonly #onFailure: ((error: Error) => void) | undefined;
  readonly #turns = new TurnQueue(TOKENS_PER_TURN);
  #find: FindKey | undefined;
  #fetching: Promise<void> | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  /** `closing` ends a fetch that is under way. */
  constructor(
    source: string | URL,
    closing: AbortSignal | undefined,
    onFailure: ((error: Error) => void) | undefined,
  ) {
    this.#url = new URL(source.toString());
    this.#closing = closing;
    this.#onFailure = onFailure;
  }

  /** Finds the key that a token names, as `jose` asks for it. Rejects with its error when there is none, or no keys at all. */
  readonly get: JWTVerifyGetKey = async (header, token) => {
    if (this.#find === undefined) await this.#fetchIfDue();
    else if (hasPassed(FRESH_MS, this.#fetchedAtMs)) void this.#fetchIfDue();
    const find = this.#find;
    if (find === undefined) throw noKeys();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#fetchIfDue();
      // Fetched by now, or by somebody else while this token was looked for.
      if (this.#find === find) throw error;
      return await this.#find!(header, token);
    }
  };

  /** Resolves when there is nothing more to be had for now. Never rejects. */
  async #fetchIfDue(): Promise<void> {
    if (this.#fetching === undefined) {
      if (!hasPassed(PAUSE_MS, this.#triedAtMs)) return;
      this.#triedAtMs = Date.now();
      this.#fetching = this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
    // A crowd may have waited, and to check a signature is work.
    await new Promise<void>((resolve) => this.#turns.run(resolve));
  }

  async #fetch(): Promise<void> {
    try {
      this.#find = createLocalJWKSet(await this.#read());
      this.#fetchedAtMs = Date.now();
    } catch (cause) {
      this.#fail(cause as Error);
    }
  }

  async #read(): Promise<JSONWebKeySet> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(this.#url, {
      headers: { Accept: 'application/json, application/jwk-set+json' },
      redirect: 'manual',
      signal: this.#closing ? AbortSignal.any([timeout, this.#closing]) : timeout,
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`it answered with the status ${response.status} instead of 200`);
    }
    return JSON.parse(await readText(response));
  }

  #fail(cause: Error): void {
    if (this.#closing?.aborted) return;
    const { origin, pathname } = this.#url;
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    const consequence =
      this.#find === undefined
        ? 'clients with tokens are connected without their login, and keep the tokens'
        : 'those known are used until newer ones can be had';
    const message = `The keys of ${origin}${pathname} could not be fetched: ${reason}; ${consequence}`;
    this.#onFailure?.(new AuthTokenError(message, { cause }));
  }
}

/** For the client, which is not to learn who is asked for the keys. */
function noKeys(): Error {
  return new Error('The keys of tokens cannot be had at present; the token may be good later');
}

/** The clock may have been set back; then it has passed, too. */
function hasPassed(pauseMs: number, sinceMs: number): boolean {
  const elapsedMs = Date.now() - sinceMs;
  return elapsedMs >= pauseMs || elapsedMs < 0;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    // To leave the loop ends the connection.
    if (bytes > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
