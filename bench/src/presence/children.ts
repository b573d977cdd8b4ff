import type { Child } from '../control/child.js';
import { withChildren } from '../control/with-children.js';

/** Servers on one core, the load on the other. */
const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Starts servers, and one process of load for them; ends them all with the measurement. */
export function withServers<Result>(
  { module, args, count }: { module: string; args: string[]; count: number },
  script: string,
  measure: (servers: Child[], ports: number[], load: Child) => Promise<Result>,
): Promise<Result> {
  return withChildren(async (start) => {
    const servers: Child[] = [];
    for (let index = 0; index < count; index++) {
      servers.push(await start('servers/main.js', [module, ...args], { core: SERVER_CORE }));
    }
    const load = await start(script, [], { core: LOAD_CORE });
    const ports = await Promise.all(servers.map((child) => child.call<number>('port')));
    return await measure(servers, ports, load);
  });
}
