import type { WebSocketServer } from 'ws';
import type { Engine, EngineFactory, EngineOptions } from './engine.js';
import { createWsEngine } from './ws.js';

/** The engine that the `wsEngine` option names. */
export function createEngine(
  options: EngineOptions & { wsEngine: 'ws' | { Server: unknown } | EngineFactory },
): Engine {
  const { wsEngine } = options;
  if (wsEngine === 'ws') return createWsEngine(options);
  if ('createEngine' in wsEngine) return wsEngine.createEngine(options);
  return createWsEngine(options, wsEngine.Server as typeof WebSocketServer);
}
