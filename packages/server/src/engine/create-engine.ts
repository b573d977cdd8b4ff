import type { WebSocketServer } from 'ws';
import type {
  Engine,
  EngineFactory,
  EngineOptions,
  ListeningEngine,
  ListeningEngineFactory,
} from './engine.js';
import { createWsEngine } from './ws.js';

/** Values of the `wsEngine` option. */
export type EngineChoice = 'ws' | { Server: unknown } | EngineFactory | ListeningEngineFactory;

/** Whether the engine brings an HTTP server of its own. */
export function listensItself(choice: EngineChoice | undefined): choice is ListeningEngineFactory {
  return typeof choice === 'object' && choice !== null && 'createListeningEngine' in choice;
}

/** The engine that the `wsEngine` option names. */
export function createEngine(
  options: EngineOptions & { wsEngine: EngineChoice },
): Engine | ListeningEngine {
  const { wsEngine } = options;
  if (wsEngine === 'ws') return createWsEngine(options);
  if (listensItself(wsEngine)) return wsEngine.createListeningEngine(options);
  if ('createEngine' in wsEngine) return wsEngine.createEngine(options);
  return createWsEngine(options, wsEngine.Server as typeof WebSocketServer);
}
