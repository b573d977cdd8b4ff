import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { resolveOptions, type WorkersOptions } from '../../src/options.js';
import { startFleet, WorkerFleet } from '../../src/worker-fleet.js';
import { FakeChild } from './fake-child.js';

/** A fleet of one worker without processes, and everything it writes. */
export async function startFake(options: WorkersOptions = {}) {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const children: FakeChild[] = [];
  const fork = () => {
    const child = new FakeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const resolved = resolveOptions({ workers: 1, logger, ...options });
  const fleet = new WorkerFleet(resolved, fork, () => 0);
  const started = startFleet(fleet);
  onCleanup(() => fleet.end());
  // The hub opens on a real socket before the first worker is started.
  await until('the first worker', () => children.length > 0);
  children[0]!.ready();
  await started;
  return { fleet, children, lines, newest: () => children.at(-1)! };
}
