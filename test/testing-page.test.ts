import { expect, it } from 'vitest';
import { DocsPage } from './support/docs-page.js';
import { PageFolder } from './support/page-folder.js';

// docs/testing.md: every recipe runs as it stands there, with the newest release of its framework.

it('shows tests that pass', () => {
  const folder = new PageFolder(new DocsPage('testing.md'));
  folder.begin();
  for (const name of ['greet.test.mjs', 'greet.node.mjs', 'greet.jest.mjs']) folder.save(name);
  for (const name of ['jest-server.mjs', 'page.jest.mjs']) folder.save(name);
  folder.run('npm install --save-dev vitest');
  folder.run('npm install --save-dev jest');

  expect(folder.run('npx vitest run')).toContain('1 passed');
  expect(folder.run('node --test')).toContain('pass 1');
  expect(folder.run("'**/greet.jest.mjs'")).toContain('1 passed');
  expect(folder.run("'**/page.jest.mjs'")).toContain('1 passed');
}, 300_000);
