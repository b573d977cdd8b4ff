import { join, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '../../../..');

/** A TypeScript file that exists for the compiler only, beside the tests of this package. */
export interface Compiled {
  readonly program: ts.Program;
  /** What the compiler says of it, each as one text. */
  readonly errors: readonly string[];
  /** What it says of this part of the text. */
  errorsIn(part: string): readonly string[];
  /** What an editor shows of the first place where the text stands. */
  hover(text: string): string;
}

/** Compiles a text against the sources of all packages, as an application that is strict would. */
export function compile(text: string): Compiled {
  const file = join(root, 'packages/contract/test/written-by-a-test.ts');
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  } as ts.ParseConfigFileHost);
  const options: ts.CompilerOptions = { ...config?.options, noEmit: true, noUnusedLocals: false };
  const snapshotOf = (name: string): ts.IScriptSnapshot | undefined => {
    const content = name === file ? text : ts.sys.readFile(name);
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: snapshotOf,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
  });
  const program = service.getProgram()!;
  const source = program.getSourceFile(file);
  const errors = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ];
  const wordsOf = ({ messageText }: ts.Diagnostic) =>
    ts.flattenDiagnosticMessageText(messageText, '\n');
  return {
    program,
    errors: errors.map(wordsOf),
    errorsIn(part) {
      const start = text.indexOf(part);
      const end = start + part.length;
      return errors.filter((error) => error.start! >= start && error.start! < end).map(wordsOf);
    },
    hover(place) {
      const info = service.getQuickInfoAtPosition(file, text.indexOf(place));
      return ts.displayPartsToString(info?.displayParts);
    },
  };
}
