import { Child } from '../control/child.js';

/** Servers on one core, the load on the other. */
const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Starts servers, and one process of load for them; ends them all with the measurement. */
export async function withServers<Result>(
  { module, args, count }: { module: string; args: string[]; count: number },
  script: string,
  measure: (servers: Child[], ports: number[], load: Child) => Promise<Result>,
): Promise<Result> {
  const children: Child[] = [];
  const start = async (path: string, given: string[], core: number) => {
    const child = await Child.start(path, given, { core });
    children.push(child);
    return child;
  };
  try {
    const servers: Child[] = [];
    for (let index = 0; index < count; index++) {
      servers.push(await start('servers/main.js', [module, ...args], SERVER_CORE));
    }
    const load = await start(script, [], LOAD_CORE);
    const ports = await Promise.all(servers.map((child) => child.call<number>('port')));
    return await measure(servers, ports, load);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}
