import { defineConfig } from 'vite';

export default defineConfig({
  // `page.ts` uses top-level await.
  build: { target: 'es2022' },
  // While developing, the page comes from Vite and its socket goes to the server on port 8000.
  server: { proxy: { '/asyngular/': { target: 'ws://localhost:8000', ws: true } } },
});
