import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';

const publicDirectory = new URL('../../public/', import.meta.url);
const builtDirectory = new URL('../page/', import.meta.url);

/** The files of the page, by path. No path is ever built from what a client sent. */
const files = [
  { path: '/', url: new URL('index.html', publicDirectory), type: 'text/html' },
  { path: '/style.css', url: new URL('style.css', publicDirectory), type: 'text/css' },
  { path: '/favicon.svg', url: new URL('favicon.svg', publicDirectory), type: 'image/svg+xml' },
  { path: '/app.js', url: new URL('app.js', builtDirectory), type: 'text/javascript' },
];

/** Reads the page and returns a request handler for it. */
export async function servePage() {
  const pages = new Map<string | undefined, { body: Buffer; type: string }>();
  for (const { path, url, type } of files) {
    pages.set(path, { body: await readFile(url), type: `${type}; charset=utf-8` });
  }
  return ({ url }: IncomingMessage, response: ServerResponse): void => {
    const page = pages.get(url?.split('?', 1)[0]);
    response.writeHead(page ? 200 : 404, {
      'content-type': page?.type ?? 'text/plain',
      'cache-control': 'no-cache',
      'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    });
    response.end(page?.body ?? 'Not found\n');
  };
}
