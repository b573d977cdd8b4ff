import type { Done, Refused, SessionInfo } from '../src/api/snapshots.js';

/** Answers that are kept, so that a server to which nothing is new need not send them again. */
const MAX_KEPT = 32;

/** How long an answer may take, in ms: a server of the fleet that does not answer is given up sooner. */
const TIMEOUT_MS = 20_000;

/** The server answered with something else than what was asked for. */
export class AnswerError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The way to the server. */
export class Api {
  /** Which server of the fleet is asked; `undefined`: the one that answers. */
  server: string | undefined;
  /** How long the last answer kept the server's event loop, in ms. */
  usedMs = 0;
  #session: SessionInfo | undefined;
  readonly #kept = new Map<string, { readonly etag: string; readonly body: unknown }>();

  async open(): Promise<SessionInfo> {
    const response = await fetch('api/session', withLimit());
    this.#session = await bodyOf<SessionInfo>(response);
    return this.#session;
  }

  /** Throws `AnswerError`, and what `fetch()` throws where there is no answer. */
  async get<View>(
    view: string,
    parameters: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<View> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...parameters, server: this.server })) {
      if (value !== undefined) query.set(name, String(value));
    }
    const url = `api/${view}?${query}`;
    const kept = this.#kept.get(url);
    const response = await fetch(
      url,
      withLimit(kept && { headers: { 'If-None-Match': kept.etag } }),
    );
    const timing = /dur=([\d.]+)/.exec(response.headers.get('Server-Timing') ?? '');
    if (timing) this.usedMs = Number(timing[1]);
    if (response.status === 304 && kept !== undefined) return kept.body as View;
    const body = await bodyOf<View>(response);
    this.#keep(url, response.headers.get('ETag'), body);
    return body;
  }

  /** Does something, and resolves to what has been done. Throws as `get()` does. */
  async act(action: Readonly<Record<string, unknown>>): Promise<string> {
    const query = this.server === undefined ? '' : `?server=${encodeURIComponent(this.server)}`;
    const response = await fetch(
      `api/actions${query}`,
      withLimit({
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Inspector-Token': this.#session?.token ?? '',
        },
        body: JSON.stringify(action),
      }),
    );
    return (await bodyOf<Done>(response)).done;
  }

  #keep(url: string, etag: string | null, body: unknown): void {
    this.#kept.delete(url);
    if (etag !== null) this.#kept.set(url, { etag, body });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}

/** Without one, a connection that is lost unnoticed would keep the page waiting, with numbers that look like those of now. */
function withLimit(request: RequestInit = {}): RequestInit {
  return { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) };
}

async function bodyOf<Body>(response: Response): Promise<Body> {
  const body: Body | Refused = await response.json().catch(() => ({
    error: `The server answered with ${response.status} and no JSON`,
  }));
  if (response.ok) return body as Body;
  throw new AnswerError(response.status, (body as Refused).error);
}
