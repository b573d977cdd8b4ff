import type { Usage } from '../control/meter.js';
import { withChildren } from '../control/with-children.js';
import type { LoadOutcome } from '../load/main.js';
import type { Measured, Target, Work } from './work.js';

const loadCore = 1;

/** Loads the server by this benchmark's generator: at the rate of the work, or in a closed loop. */
export function measureHere(
  { subject, server, port }: Target,
  { load, params, rate }: Work,
  pace: 'at its rate' | 'in a closed loop',
  seconds: number,
): Promise<Measured> {
  return withChildren(async (start) => {
    const { dialect } = subject.server!;
    const child = await start('load/main.js', [], { core: loadCore });
    await child.call('prepare', { load, dialect, port, params });
    await server.call('start', {});
    const { units, lateMs = 0 } = await child.call<LoadOutcome>('run', {
      durationMs: seconds * 1_000,
      rate: pace === 'at its rate' ? rate : undefined,
    });
    const { cpuMicros } = await server.call<Usage>('stop');
    return { cpuMicros: cpuMicros / units, lateMs };
  });
}
