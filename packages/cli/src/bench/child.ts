import { Load } from './load.js';
import type { LoadAnswer, LoadRequest } from './load-worker.js';

// A process of `asyngular bench`: makes its share of the load, and says what became of it.

let load: Load | undefined;

function answer(message: LoadAnswer): void {
  process.send?.(message);
}

async function serve(request: LoadRequest): Promise<void> {
  switch (request.type) {
    case 'begin':
      load = new Load(request.plan, request.share);
      return answer({ type: 'begun' });
    case 'connect': {
      const report = await load?.connect(request.startsAt, (connected) =>
        answer({ type: 'progress', connected }),
      );
      return report && answer({ type: 'connected', report });
    }
    case 'send':
      await load?.send(request.startsAt, (tick) => answer({ type: 'tick', tick }));
      return answer({ type: 'sent' });
    case 'finish': {
      const ended = load?.finish();
      return ended && answer({ type: 'finished', ...ended });
    }
  }
}

process.on('message', (request: LoadRequest) => void serve(request));
// Without its conductor nobody would ever end it, and an answer that finds nobody any more emits an error: it may come
// first. An interrupt reaches both; the conductor decides.
process.on('disconnect', () => process.exit());
process.on('error', () => process.exit());
process.on('SIGINT', () => {});
