import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitepress';

// The reference is generated (`npm run docs`); a page that is not there yet must not break the sidebar.
const hasReference = existsSync(resolve(import.meta.dirname, '../api/index.md'));

const guides: [text: string, link: string][] = [
  ['Quickstart', '/quickstart'],
  ['Streams and backpressure', '/streams'],
  ['The client', '/client'],
  ['The server', '/server'],
  ['Authentication', '/authentication'],
  ['Middleware', '/middleware'],
  ['Scaling', '/scaling'],
  ['Performance', '/performance'],
  ['Security', '/security'],
  ['Recipes', '/recipes'],
  ['Migrating', '/migrating'],
  ['The protocol', '/protocol'],
  ['Architecture', '/architecture'],
  ['Decisions', '/adr/README'],
];

export default defineConfig({
  title: 'Asyngular',
  description: 'Real-time messaging for TypeScript: streams, calls both ways, pub/sub.',
  lang: 'en',
  cleanUrls: true,
  // Links to files of the repository outside docs/ are meant for readers of the repository.
  ignoreDeadLinks: [/^(\.\.\/)+(packages|examples|bench|test|deploy|CONTRIBUTING|README|CHANGELOG)/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Client', link: '/client' },
      { text: 'Server', link: '/server' },
      ...(hasReference ? [{ text: 'Reference', link: '/api/' }] : []),
    ],
    sidebar: [
      {
        text: 'Guides',
        items: guides.map(([text, link], index) => ({ text: `${index + 1}. ${text}`, link })),
      },
      ...(hasReference
        ? [
            {
              text: 'Reference',
              items: ['client', 'server', 'streams', 'protocol', 'channels', 'broker'].map((name) => ({
                text: `@asyngular/${name}`,
                link: `/api/${name}/`,
              })),
            },
          ]
        : []),
    ],
  },
});
