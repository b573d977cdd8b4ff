import { InvalidActionError, InvalidArgumentsError } from '@asyngular/protocol';
import { CallbackLine, type MiddlewareCallback } from '../middleware/callback-line.js';
import {
  type ActionKinds,
  type InboundMiddlewareOptions,
  kindsAskedFor,
} from '../middleware/inbound-actions.js';
import type { MiddlewareFunction, MiddlewareLine } from '../middleware/middleware.js';
import { sessionOf } from '../socket/socket-streams.js';
import { assertFunction } from './arguments.js';
import type { ServerCore } from './server-core.js';

/** See `AGServer.setMiddleware()`. */
export function setMiddleware(
  core: ServerCore,
  line: MiddlewareLine,
  middleware: MiddlewareFunction,
  options?: InboundMiddlewareOptions,
): void {
  setFunction(core, line, middleware, kindsFor(core, line, options));
}

/** See `AGServer.use()`. */
export function addCallback(
  core: ServerCore,
  line: MiddlewareLine,
  callback: MiddlewareCallback,
  options?: InboundMiddlewareOptions,
): () => void {
  const kinds = kindsFor(core, line, options);
  assertFunction(callback, `${line} middleware`);
  const { middleware, callbackLines } = core;
  const callbacks = callbackLines[line] ?? new CallbackLine();
  if (middleware[line] !== callbacks.run) {
    setFunction(core, line, callbacks.run, kindsFor(core, line));
  }
  callbackLines[line] = callbacks;
  callbacks.add(callback, kinds);
  if (kinds) core.inboundKinds = callbacks.kinds;
  return () => {
    callbacks.remove(callback);
    if (middleware[line] !== callbacks.run) return;
    if (callbacks.isEmpty) removeMiddleware(core, line);
    else if (kinds) core.inboundKinds = callbacks.kinds;
  };
}

/** See `AGServer.removeMiddleware()`. */
export function removeMiddleware(core: ServerCore, line: MiddlewareLine): void {
  assertLine(core, line);
  core.middleware[line] = undefined;
  core.callbackLines[line] = undefined;
  // What the handshake line has begun, it finishes.
  if (line === 'handshake') return;
  const { clients, pendingClients } = core.server;
  for (const sockets of [clients, pendingClients]) {
    for (const socket of Object.values(sockets)) sessionOf(socket).existingLanes?.drop(line);
  }
}

function setFunction(
  core: ServerCore,
  line: MiddlewareLine,
  middleware: MiddlewareFunction,
  kinds: ActionKinds | undefined,
): void {
  const { middleware: functions } = core;
  if (functions[line]) {
    throw new InvalidActionError(
      `Middleware ${line} type has already been set; call removeMiddleware('${line}') first. Several functions ` +
        `go by use('${line}', fn), without setMiddleware()`,
    );
  }
  assertFunction(middleware, `${line} middleware`);
  functions[line] = middleware;
  if (kinds) core.inboundKinds = kinds;
}

/** What a function of the line asks for; `undefined`: everything. */
function kindsFor(
  core: ServerCore,
  line: MiddlewareLine,
  options?: InboundMiddlewareOptions,
): ActionKinds | undefined {
  assertLine(core, line);
  if (line === 'inbound') return kindsAskedFor(options);
  if (options === undefined) return undefined;
  throw new InvalidArgumentsError(
    `Middleware ${line} type has no options; only 'inbound' can be asked for certain actions`,
  );
}

function assertLine({ middleware }: ServerCore, line: string): void {
  if (Object.hasOwn(middleware, line)) return;
  throw new InvalidArgumentsError(`Middleware ${line} type is not supported`);
}
