import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const exampleDirectory = new URL('../', import.meta.url);
/** A twin of dist/, built from the sources of all packages; ignored by git. */
const outputDirectory = new URL('.cache/', exampleDirectory);
const mainFile = fileURLToPath(new URL('server/main.js', outputDirectory));
const START_DEADLINE_MS = 10_000;

/** Bundles page and server from source, so that no `npm run build` is needed. */
export async function buildChat(): Promise<void> {
  const source = (path: string) => fileURLToPath(new URL(`src/${path}`, exampleDirectory));
  await Promise.all([
    build({
      entryPoints: [source('page/app.ts')],
      outfile: fileURLToPath(new URL('page/app.js', outputDirectory)),
      conditions: ['@asyngular/source', 'browser'],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
    }),
    build({
      entryPoints: [source('server/main.ts')],
      outfile: mainFile,
      conditions: ['@asyngular/source'],
      external: ['ws', 'fast-jwt', 'jose'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    }),
  ]);
}

export interface ChatProcess {
  readonly port: number;
  readonly url: string;
  /** Asks the process to stop and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the chat as `npm start` does. Rejects with what it printed when it ends instead of listening. */
export async function startChatProcess(port = 0): Promise<ChatProcess> {
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, [mainFile], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await waitForUrl(child);
  return {
    port: Number(new URL(url).port),
    url,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

function waitForUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The chat printed no address in time: ${output}`));
    }, START_DEADLINE_MS);
    const read = (chunk: Buffer) => {
      output += chunk;
      const url = /http:\/\/\S+/.exec(output)?.[0];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The chat ended with exit code ${code}: ${output}`));
    });
  });
}
