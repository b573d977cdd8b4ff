import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { groups, guides, titleOf } from '../docs/.vitepress/guides.js';
import { DocsPage, examplesIn } from './support/docs-page.js';

// Every ```ts block of the README, the guides and the package READMEs is compiled, strictly, against
// the sources. A page may declare what its examples take for granted in a comment:
//
//   <!-- examples: import type { AGServer } from '@asyngular/server'; declare const server: AGServer; -->
//
// Each block is one async function behind its own imports, so blocks never see each other.

const root = resolve(import.meta.dirname, '..');

function markdownFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'api', '.vitepress', 'peers', 'results'].includes(entry.name))
      return [];
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const pages = [
  join(root, 'README.md'),
  join(root, 'CONTRIBUTING.md'),
  ...markdownFiles(join(root, 'docs')),
  ...markdownFiles(join(root, 'packages')),
  ...markdownFiles(join(root, 'examples')),
].filter((page) => existsSync(page));

interface Example {
  /** Virtual module, beside the page so that its imports resolve from there. */
  file: string;
  text: string;
  /** `page:line` of the block's first line. */
  at: string;
}

function examplesOf(page: string): Example[] {
  const text = readFileSync(page, 'utf8');
  const preamble = [...text.matchAll(/<!--\s*examples:([\s\S]*?)-->/g)].map((m) => m[1]).join('\n');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => {
    const line = text.slice(0, match.index).split('\n').length;
    const source = ts.createSourceFile('x.ts', match[1] as string, ts.ScriptTarget.ES2022, true);
    const isImport = (node: ts.Statement) => ts.isImportDeclaration(node);
    const head = source.statements.filter(isImport).map((node) => node.getText());
    const body = source.statements
      .filter((node) => !isImport(node))
      .map((node) => node.getFullText().replace(/^(\s*)export /, '$1'));
    const imported = new Set(head.flatMap((h) => [...h.matchAll(/\b\w+\b/g)].map((m) => m[0])));
    const givens = preamble
      .split('\n')
      .filter(
        (given) => !(/^\s*import/.test(given) && namesIn(given).every((n) => imported.has(n))),
      );
    return {
      file: page.replace(/\.md$/, `.example-${index}.ts`),
      text: `${givens.join('\n')}\n${head.join('\n')}\nexport async function example() {\n${body.join('')}\n}\n`,
      at: `${relative(root, page)}:${line}`,
    };
  });
}

function namesIn(statement: string): string[] {
  return [...(statement.match(/\{([^}]*)\}/)?.[1] ?? '').matchAll(/\w+/g)]
    .map((m) => m[0])
    .filter((n) => n !== 'type');
}

it('every TypeScript example in the documentation compiles', () => {
  const examples = new Map(pages.flatMap(examplesOf).map((example) => [example.file, example]));
  expect(examples.size).toBeGreaterThan(0);
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  } as ts.ParseConfigFileHost);
  const options: ts.CompilerOptions = {
    ...config?.options,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => examples.has(file) || fileExists(file);
  host.readFile = (file) => examples.get(file)?.text ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const example = examples.get(file);
    if (!example) return getSourceFile(file, ...rest);
    // The same module kind as a file of this workspace would have.
    return ts.createSourceFile(
      file,
      example.text,
      { languageVersion: ts.ScriptTarget.ES2022, impliedNodeFormat: ts.ModuleKind.ESNext },
      true,
    );
  };
  const program = ts.createProgram([...examples.keys()], options, host);
  const problems = [...examples.values()].flatMap((example) => {
    const source = program.getSourceFile(example.file);
    return [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map((diagnostic) => {
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
      const code = example.text.slice(diagnostic.start ?? 0).split('\n')[0];
      return `${example.at}: ${message}\n    at: ${code}`;
    });
  });
  expect(problems).toEqual([]);
}, 300_000);

it('the first programs of the quickstart are what their .mjs files may hold', () => {
  const quickstart = new DocsPage('quickstart.md');
  for (const heading of ['## A server', '## A client']) {
    const program = examplesIn(quickstart.section(heading));
    expect(program).toContain('@asyngular/');
    const { status, stderr } = spawnSync('node', ['--check', '--input-type=module'], {
      input: program,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  }
});

it('every relative link in the documentation leads somewhere', () => {
  const broken = pages.flatMap((page) => {
    const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !/^([a-z]+:|#)/.test(target))
      .filter((target) => {
        const path = (target.split('#')[0] ?? '').replace(/\.html$/, '.md');
        const from = path.startsWith('/') ? join(root, 'docs', path) : resolve(dirname(page), path);
        return !existsSync(from) && !existsSync(`${from}.md`);
      })
      .map((target) => `${relative(root, page)} → ${target}`);
  });
  expect(broken).toEqual([]);
});

it('every link to a heading leads to one', () => {
  const slugsOf = (page: string) =>
    [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  const broken = pages.flatMap((page) => {
    const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    return [...text.matchAll(/\]\(((?!https?:)[^)\s#]*)#([^)\s]+)\)/g)]
      .map(([, path = '', slug = '']) => ({ to: path ? resolve(dirname(page), path) : page, slug }))
      .filter(({ to, slug }) => to.endsWith('.md') && !slugsOf(to).includes(slug))
      .map(({ to, slug }) => `${relative(root, page)} → ${relative(root, to)}#${slug}`);
  });
  expect(broken).toEqual([]);
});

it('every file that CONTRIBUTING names exists', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const wrong: string[] = [];
  for (const line of text.split('\n')) {
    // A name without a folder is in the folder that was named before it, alone or with a file.
    let folder = '.';
    for (const [, name = ''] of line.matchAll(/`([\w./-]+(?:\.(?:ts|mjs|md)|\/))`/g)) {
      const path = name.includes('/') || name === 'CHANGELOG.md' ? name : join(folder, name);
      if (!existsSync(join(root, path))) wrong.push(path);
      folder = name.endsWith('/') ? path : dirname(path);
    }
  }
  expect(wrong).toEqual([]);
});

it('guides are numbered in the order of the sidebar and of the home page', () => {
  const numbers = guides.map((name) => Number.parseInt(titleOf(name), 10));
  expect(numbers).toEqual(guides.map((_, index) => index + 1));
  const home = new DocsPage('index.md').text;
  const listed = home.matchAll(/^(\d+)\. \[.*?\]\((.*?)\.md\)/gm);
  expect([...listed].map(([, number, name]) => [Number(number), name])).toEqual(
    guides.map((name, index) => [index + 1, name]),
  );
  const titles = [...home.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(groups.map(({ title }) => title));
});
