import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The server has the rest of dist/.
  build: { outDir: 'dist/page', target: 'es2022', assetsInlineLimit: 0 },
  server: {
    // `npm run dev` serves the page; the servers of `npm start` do the rest.
    proxy: {
      '/asyngular/': { target: 'ws://localhost:8000', ws: true },
      '/login': 'http://localhost:8000',
      '/logout': 'http://localhost:8000',
      '/me': 'http://localhost:8000',
    },
  },
});
