import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { build } from 'vitepress';
import { vi } from 'vitest';

const docs = resolve(import.meta.dirname, '../../docs');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.gif': 'image/gif',
  '.woff2': 'font/woff2',
};

/** The documentation as it is published, on a port of its own. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the documentation into a temporary folder and serves it, without the generated reference. */
export async function startSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-site-'));
  vi.stubEnv('DOCS_API', 'none');
  await build(docs, { outDir: folder });
  vi.unstubAllEnvs();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = join(folder, pathname === '/' ? 'index.html' : pathname);
    const file = [path, `${path}.html`].find((name) => extname(name) && existsSync(name));
    response.statusCode = file ? 200 : 404;
    response.setHeader('Content-Type', types[extname(file ?? '')] ?? 'text/plain');
    response.end(file && readFileSync(file));
  });
  return {
    url: `http://localhost:${await listenOn(server)}`,
    async close() {
      server.closeAllConnections();
      await closeServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
