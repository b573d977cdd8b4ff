import { pairs } from './pairs.js';
import { ourServer, type ServerOptions } from './server.js';
import { type Pair, Stage } from './stage.js';

const patienceMs = 20_000;

/** For a test with up to three waits, each of which may take as long as the stage waits, in ms. */
export const stageTimeoutMs = 3 * patienceMs;

/** Name → the published client, and our server. */
export const clientsOfOurs: readonly (readonly [name: string, pair: Pair])[] = [...pairs].filter(
  ([name, { server }]) => name !== 'ours' && server.name === ourServer.name,
);

/** Runs something with that client and our server, to whose options these are added, and takes both down again. */
export async function onStageWith(
  options: ServerOptions,
  { client }: Pair,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const attach: typeof ourServer.attach = (http, given) =>
    ourServer.attach(http, { ...options, ...given });
  const stage = new Stage({ client, server: { ...ourServer, attach } }, patienceMs);
  try {
    await run(stage);
  } finally {
    await stage.end();
  }
}
