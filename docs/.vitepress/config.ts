import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitepress';
import { groups, titleOf } from './guides.js';

// The reference is generated (`npm run docs`); a page that is not there yet must not break the sidebar. With
// DOCS_API=none it is left out, which makes the site in a fraction of the time.
const hasReference =
  process.env.DOCS_API !== 'none' && existsSync(resolve(import.meta.dirname, '../api/index.md'));

/** What the reference is made of, as packages and their subpaths: `server`, `server/uws`. */
const { entryPoints } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../typedoc.json'), 'utf8'),
) as { entryPoints: string[] };
const packages = entryPoints.map((file) =>
  file.replace(/^packages\/(.+)\/src\/(.+)\.ts$/, '$1/$2').replace(/\/index$/, ''),
);

/** Whether a link leaves docs/: from docs/ itself by one `..`, from a folder in it by two. */
function isRepositoryFile(link: { attrGet(name: string): string | null }): boolean {
  return /^(\.\.\/)+(packages|examples|bench|test|interop|deploy|peers|[A-Z]+)/.test(
    String(link.attrGet('href')),
  );
}

export default defineConfig({
  title: 'Asyngular',
  description: 'Real-time messaging for TypeScript: streams, calls both ways, pub/sub.',
  lang: 'en',
  cleanUrls: true,
  srcExclude: hasReference ? [] : ['api/**'],
  head: [['link', { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' }]],
  markdown: {
    // The default theme's keywords and comments have less contrast than small text needs.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // Links to files outside docs/ are for readers of the repository; the site shows their text.
    config: (md) => {
      // A heading that says nothing is no heading to those who have tables read out.
      md.core.ruler.push('empty-heads', ({ tokens }) => {
        for (const [index, { type }] of tokens.entries()) {
          if (type !== 'th_open' || tokens[index + 1]?.content !== '') continue;
          for (const token of [tokens[index], tokens[index + 2]]) if (token) token.tag = 'td';
        }
      });
      md.core.ruler.push('text-of-outside-links', ({ tokens }) => {
        for (const { children } of tokens) {
          let isOutside = false;
          for (const child of children ?? []) {
            if (child.type === 'link_open') {
              isOutside = isRepositoryFile(child);
            }
            if (!isOutside || !/^link_/.test(child.type)) continue;
            child.tag = 'span';
            child.attrs = null;
            if (child.type === 'link_close') isOutside = false;
            child.type = `outside_${child.type}`;
          }
        }
      });
    },
  },
  vite: {
    resolve: {
      alias: [
        { find: './VPHome.vue', replacement: resolve(import.meta.dirname, 'theme/home.vue') },
      ],
    },
  },
  themeConfig: {
    logo: { src: '/favicon.svg', alt: '' },
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Quickstart', link: '/quickstart' },
      { text: 'Client', link: '/client-guide' },
      { text: 'Server', link: '/server-guide' },
      ...(hasReference ? [{ text: 'Reference', link: '/api/' }] : []),
    ],
    sidebar: [
      ...groups.map(({ title, names }) => ({
        text: title,
        items: names.map((name) => ({ text: titleOf(name), link: `/${name}` })),
      })),
      ...(hasReference
        ? [
            {
              text: 'Reference',
              items: packages.map((name) => ({
                text: `@asyngular/${name}`,
                link: `/api/@asyngular/${name}/`,
              })),
            },
          ]
        : []),
    ],
  },
});
