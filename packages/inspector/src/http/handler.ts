import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InspectorAnswer } from '../api/local-server.js';
import { type InspectorRequest, parseRequest } from '../api/requests.js';
import type { SessionInfo } from '../api/snapshots.js';
import { RefusedError } from '../refused-error.js';
import { assetAt, etagOf } from './assets.js';
import type { Admission, Viewer } from './authorize.js';
import { securityHeaders } from './headers.js';
import { readBody } from './read-body.js';
import { cookieFor, foreignness, isFromAnotherSite, tokenFor } from './same-origin.js';

/** What answers need of the inspector. */
export interface HandlerOwner {
  /** Begins and ends with a slash. */
  readonly path: string;
  admit(request: IncomingMessage): Promise<Admission>;
  /** Answers a question, of this server or of the one that is named. Rejects with `RefusedError`. */
  ask(
    server: string | undefined,
    request: InspectorRequest,
    viewer: Viewer,
  ): Promise<InspectorAnswer>;
  emitWarning(warning: unknown): void;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly viewer: Viewer;
  readonly url: URL;
}

/** Answers the requests below the inspector's path. */
export class Handler {
  readonly #owner: HandlerOwner;

  constructor(owner: HandlerOwner) {
    this.#owner = owner;
  }

  /** Whether a URL is one of the inspector's. */
  isOurs(url: string | undefined): boolean {
    const path = url?.split('?', 1)[0];
    const { path: own } = this.#owner;
    return path !== undefined && (path.startsWith(own) || `${path}/` === own);
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
      const admission = await this.#owner.admit(request);
      if (!('viewer' in admission)) {
        this.#refuse(response, admission);
        return;
      }
      const url = new URL(request.url ?? '', 'http://inspector');
      await this.#answer({ request, response, viewer: admission.viewer, url });
    } catch (error) {
      if (!(error instanceof RefusedError)) this.#owner.emitWarning(error);
      const { status, message } =
        error instanceof RefusedError
          ? error
          : { status: 500, message: 'The inspector failed; the log of the server says why' };
      sendJson(response, status, { error: message });
    }
  }

  #refuse(response: ServerResponse, admission: Exclude<Admission, { viewer: Viewer }>): void {
    const { status } = admission;
    if ('challenge' in admission) response.setHeader('WWW-Authenticate', admission.challenge);
    else if (admission.error !== undefined) this.#owner.emitWarning(admission.error);
    sendJson(response, status, { error: 'You may not look at this server' });
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange;
    const { path: own } = this.#owner;
    if (`${url.pathname}/` === own) {
      // Relative, because more may stand before the path in front of a proxy.
      response.writeHead(308, { Location: `${own.split('/').at(-2)}/` }).end();
      return;
    }
    // It began with the path; steps out of it have been taken since.
    if (!url.pathname.startsWith(own))
      throw new RefusedError(404, 'The inspector has no such page');
    const path = url.pathname.slice(own.length);
    const isAction = path === 'api/actions';
    const methods = isAction ? ['POST'] : ['GET', 'HEAD'];
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('Allow', methods.join(', '));
      throw new RefusedError(405, `${request.method} is not among: ${methods.join(', ')}`);
    }
    if (path.startsWith('api/') && isFromAnotherSite(request)) {
      throw new RefusedError(403, 'Pages of other sites get nothing from the inspector');
    }
    if (isAction) await this.#act(exchange);
    else if (path === 'api/session') this.#openSession(exchange);
    else if (path.startsWith('api/')) await this.#show(exchange, path.slice('api/'.length));
    else await sendAsset(exchange, path);
  }

  #openSession({ request, response, viewer }: Exchange): void {
    const token = tokenFor(request);
    response.setHeader('Set-Cookie', cookieFor(request, token));
    sendJson(response, 200, { ...viewer, token } satisfies SessionInfo);
  }

  async #show(exchange: Exchange, view: string): Promise<void> {
    const { searchParams } = exchange.url;
    await this.#ask(
      exchange,
      parseRequest({ ...Object.fromEntries(searchParams), view, action: undefined }),
    );
  }

  async #act(exchange: Exchange): Promise<void> {
    const { request, viewer } = exchange;
    const foreign = foreignness(request);
    if (foreign !== undefined) {
      throw new RefusedError(403, `The request is not from the inspector's page: ${foreign}`);
    }
    if (viewer.readOnly) throw new RefusedError(403, 'You may look, and change nothing');
    const parsed = parseRequest(await readBody(request));
    await this.#ask(exchange, parsed && 'action' in parsed ? parsed : undefined);
  }

  async #ask(exchange: Exchange, asked: InspectorRequest | undefined): Promise<void> {
    const { request, response, viewer, url } = exchange;
    if (asked === undefined)
      throw new RefusedError(400, 'There is nothing of that kind to ask for');
    const server = url.searchParams.get('server') ?? undefined;
    const { status, body, usedMs } = await this.#owner.ask(server, asked, viewer);
    // Shown by the browser's tools, and by the page: what looking costs.
    response.setHeader('Server-Timing', `loop;dur=${usedMs.toFixed(2)}`);
    sendJson(response, status, body, request);
  }
}

async function sendAsset({ request, response }: Exchange, path: string): Promise<void> {
  const asset = await assetAt(path);
  if (asset === undefined) throw new RefusedError(404, 'The inspector has no such page');
  // The browser may keep it, and asks whether it is still the same.
  response.setHeader('Cache-Control', 'private, no-cache');
  send(response, { status: 200, ...asset }, request);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  request?: IncomingMessage,
): void {
  const text = JSON.stringify(body);
  send(response, { status, type: 'application/json', body: text, etag: etagOf(text) }, request);
}

/** Without the body where the browser has the same already. */
function send(
  response: ServerResponse,
  content: { status: number; type: string; body: string | Buffer; etag: string },
  request?: IncomingMessage,
): void {
  const { status, type, body, etag } = content;
  if (response.destroyed || response.headersSent) return;
  if (status === 200) response.setHeader('ETag', etag);
  if (status === 200 && request?.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(request?.method === 'HEAD' ? undefined : body);
}
