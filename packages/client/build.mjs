// Writes the browser client for <script> tags, for production and for development, and checks what is in it. Run by
// `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { bundleClient, bundleForDevelopment } from './bundle.mjs';

const { code, map } = await bundleClient();
const development = await bundleForDevelopment();

// A Node built-in or `ws` in the bundle would break pages that have no bundler to stub it.
const foreign = /require\(["'](?:node:|ws)|from ?["'](?:node:|ws)/.exec(code + development);
if (foreign) {
  throw new Error(
    `The browser bundle imports ${foreign[0]}; keep Node modules in platform/node.ts`,
  );
}

const dist = new URL('./dist/', import.meta.url);
mkdirSync(dist, { recursive: true });
writeFileSync(new URL('asyngular-client.min.js', dist), code);
writeFileSync(new URL('asyngular-client.min.js.map', dist), map);
writeFileSync(new URL('asyngular-client.js', dist), development);
