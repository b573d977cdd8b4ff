import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// The module is typed by its shape; this is what says that the shape is right. In a virtual file, because
// the types are with the peers, which not every checkout has installed.

const root = resolve(import.meta.dirname, '../../..');
const file = join(root, 'packages/server/test/uws-types.virtual.ts');
const text = `
import type * as uWS from '../../../peers/node_modules/@trufflesuite/uws-js-unofficial/docs/index.d.ts';
import { listen } from '../src/index.js';
import { uwsEngine } from '../src/uws.js';
declare const module: typeof uWS;
listen(8000, { wsEngine: uwsEngine(module) });
// @ts-expect-error
uwsEngine({ App: 1 });
`;

it('uwsEngine takes the module by its own types', () => {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  } as ts.ParseConfigFileHost);
  const options = { ...config?.options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.getSourceFile = (name, version, ...rest) =>
    name === file
      ? ts.createSourceFile(name, text, {
          languageVersion: ts.ScriptTarget.ES2022,
          impliedNodeFormat: ts.ModuleKind.ESNext,
        })
      : getSourceFile(name, version, ...rest);
  const program = ts.createProgram([file], options, host);
  const problems = program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  expect(problems).toEqual([]);
}, 60_000);
