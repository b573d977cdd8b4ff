import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const COMMON_HEADERS = {
  'cache-control': 'no-cache',
  // Nothing inline and nothing from other origins: even a message that got through as HTML could run no script.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Reads the files of the given directories (not of their subdirectories) into memory and returns a request handler.
 * A request can only name one of these files: no path is ever built from what a client sent.
 */
export async function createStaticFiles(directories: readonly URL[]) {
  const files = new Map<string, { body: Buffer; type: string; etag: string }>();
  for (const directory of directories.map((url) => fileURLToPath(url))) {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const type = CONTENT_TYPES[extname(entry.name)];
      if (!entry.isFile() || !type) continue;
      const body = await readFile(join(directory, entry.name));
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      files.set(`/${entry.name}`, { body, type, etag });
    }
  }

  return function serveStaticFile(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const file = files.get(path === '/' ? '/index.html' : path);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...COMMON_HEADERS, allow: 'GET, HEAD' }).end();
    } else if (!file) {
      const headers = { ...COMMON_HEADERS, 'content-type': 'text/plain; charset=utf-8' };
      response.writeHead(404, headers).end('Not found\n');
    } else if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, { ...COMMON_HEADERS, etag: file.etag }).end();
    } else {
      response.writeHead(200, {
        ...COMMON_HEADERS,
        'content-type': file.type,
        'content-length': file.body.length,
        etag: file.etag,
      });
      response.end(request.method === 'HEAD' ? undefined : file.body);
    }
  };
}
