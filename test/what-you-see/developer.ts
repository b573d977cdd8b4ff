import { createServer } from 'node:http';
import { connect } from 'node:net';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, freePort, listenOn } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import { startProgram } from '@asyngular/test-utils/program';
import { pause, until } from '@asyngular/test-utils/wait';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { STACK } from './mistake.js';

/** The ports that programs name, by what they are replaced with for a run. */
export type Ports = Readonly<Record<'8000' | '6379', number>>;

export async function freePorts(redis?: { port: number }): Promise<Ports> {
  return { '8000': await freePort(), '6379': redis?.port ?? (await freePort()) };
}

/** Where lines appear: stderr and stdout of a process, or the console of a page. */
export interface Screen {
  lines(): string[];
  /** The end of the process that writes there: what an error that ends it prints comes in pieces. */
  ended?(): Promise<unknown>;
}

/** Waits for as many lines as are expected, and a little longer for those that are not. */
export async function linesOf(screen: Screen, expected: readonly string[]): Promise<string[]> {
  if (expected.includes(STACK)) await screen.ended?.();
  await until(
    `${expected.length} lines: ${expected.join('\n')}`,
    () => screen.lines().length >= expected.length,
    () => screen.lines(),
  );
  await pause(SURPLUS_MS);
  return screen.lines();
}

/** How long lines that nobody expects have to appear. */
const SURPLUS_MS = 150;

/** Starts a program in Node. Resolves once it accepts connections, where it is to do so. */
export async function runInNode(source: string, ports: Ports, listensOn?: number): Promise<Screen> {
  const program = await startProgram(withPorts(source, ports));
  onCleanup(() => endProcess(program.child, (child) => child.kill('SIGKILL')));
  if (listensOn !== undefined) {
    await until(
      `the server on port ${listensOn}`,
      () => accepts(listensOn),
      () => program.output,
    );
  }
  return {
    lines: () => withoutStack(program.output, ports).split('\n').filter(Boolean),
    ended: () => program.ended(),
  };
}

/** Opens a page that runs the program. */
export async function runInChromium(
  browser: Browser,
  source: string,
  ports: Ports,
): Promise<Screen> {
  const { outputFiles } = await build({
    stdin: { contents: withPorts(source, ports), resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['@asyngular/source', 'browser', 'development'],
    logLevel: 'error',
  });
  const script = outputFiles[0]!.text;
  const origin = await serve(
    `<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`,
  );

  const page = await browser.newPage();
  onCleanup(() => page.close());
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text()));
  const inspector = await page.context().newCDPSession(page);
  inspector.on('Runtime.exceptionThrown', ({ exceptionDetails: { text, exception } }) => {
    printed.push(`${text} ${exception?.description?.split('\n')[0]}`);
  });
  await inspector.send('Runtime.enable');
  await page.goto(origin);
  // The console shows a line that repeats once, with a number: the browser's own come with each attempt.
  return { lines: () => [...new Set(printed.map((line) => unvarying(line, ports)))] };
}

async function serve(html: string): Promise<string> {
  const pages = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(html);
  });
  const port = await listenOn(pages);
  onCleanup(() => {
    pages.closeAllConnections();
    return closeServer(pages);
  });
  return `http://localhost:${port}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function withPorts(source: string, ports: Ports): string {
  return source.replaceAll(/\b(8000|6379)\b/g, (port) => String(ports[port as keyof Ports]));
}

/** An error that ends a process is shown by its first line, instead of source text, stack and members. */
function withoutStack(output: string, ports: Ports): string {
  const crash = /^(?:file|node):\S+:\d+\n.*\n *\^+\n\n(.+)\n(?:[ }].*\n)*\nNode\.js v\S+\n/gm;
  return unvarying(output.replaceAll(crash, `$1\n${STACK}\n`), ports);
}

/** The same text in each run. */
function unvarying(text: string, ports: Ports): string {
  return (
    Object.entries(ports)
      .reduce(
        (shown, [port, actual]) => shown.replaceAll(new RegExp(`\\b${actual}\\b`, 'g'), port),
        text,
      )
      .replaceAll(/(?<=Invalid origin: http:\/\/localhost:)\d+/g, '3000')
      // What both ends offer grows with the versions, and its line is cut.
      .replaceAll(/(?<="ext":)\{.*(?:\}\}|… \(\d+ characters\))/g, '{…}}')
      .replaceAll(/(?<=socket |"id":")[\w-]{20}/g, '…')
      .replaceAll(/(?<=\bid )[\w-]{8}(?![\w-])/g, '…')
      .replaceAll(/file:\S+program\.mjs:[\d:]+/g, 'server.mjs:…')
  );
}
