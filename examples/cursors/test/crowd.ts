import { type AGClientSocket, create } from '@asyngular/client';
import type { CursorsApi } from '../src/shared/cursors-api.js';

/** Each moves its cursor so often. */
const MOVES_PER_SECOND = 20;

/** People who go round in circles. */
export interface Crowd {
  readonly sockets: readonly AGClientSocket<CursorsApi>[];
  leave(): void;
}

export async function startCrowd(port: number, count: number): Promise<Crowd> {
  const sockets = Array.from({ length: count }, () =>
    create<CursorsApi>({ hostname: 'localhost', port, logger: false }),
  );
  const begun = performance.now();
  await Promise.all(
    sockets.map((socket, index) =>
      socket.subscribe('board').presence.enter({ name: `Guest ${index + 1}`, ...place(index, 0) }),
    ),
  );
  const timer = setInterval(() => {
    const seconds = (performance.now() - begun) / 1000;
    for (const [index, socket] of sockets.entries()) {
      socket.channel('board').presence.update(place(index, seconds));
    }
  }, 1000 / MOVES_PER_SECOND);
  return {
    sockets,
    leave() {
      clearInterval(timer);
      for (const socket of sockets) socket.disconnect();
    },
  };
}

/** Where somebody is after so many seconds: each has a circle of its own. */
function place(index: number, seconds: number): { x: number; y: number } {
  const spread = (factor: number) => (index * factor) % 1;
  const angle = seconds * (0.5 + spread(0.37)) + index;
  const radius = 0.03 + 0.07 * spread(0.71);
  return {
    x: 0.12 + 0.76 * spread(0.618) + radius * Math.cos(angle),
    y: 0.12 + 0.76 * spread(0.279) + radius * Math.sin(angle),
  };
}
