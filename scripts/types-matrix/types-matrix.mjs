// Compiles programs that use the installed packages with TypeScript from 5.0 to 7 and in every way in which
// it finds modules, with the strictest settings an application may have. Only default libraries are not checked. What the
// programs export has its types inferred where users would leave them out, so that a type without a public name is found.
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Aliases under which the empty projects install compilers. TypeScript 6 is the one of this repository. */
export const compilers = {
  'typescript-5.0': 'npm:typescript@5.0.4',
  'typescript-5.4': 'npm:typescript@5.4.5',
  'typescript-5.9': 'npm:typescript@5.9.3',
  'typescript-7': 'npm:typescript@7.0.2',
};
/** It has no programming interface, and no oldest way to find modules. */
const native = 'typescript-7';

/** How modules are found, and the `module` that goes with it. Many applications still have the oldest one. */
const resolutions = {
  node16: 'node16',
  nodenext: 'nodenext',
  bundler: 'esnext',
  node10: 'esnext',
};

const strictest = {
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
  declaration: true,
  noEmit: true,
};

/** What the programs may rely on: a page has no types of Node. */
const programs = {
  page: { lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
  server: { lib: ['es2022'], types: ['node'] },
};

/**
 * Compiles one program of this folder in a project that has the packages and the compilers. Returns what is
 * wrong in the program or in a package of ours, a line each; the types of others are their own affair.
 */
export function checkTypes(program, project) {
  const file = join(project, `${program}.ts`);
  copyFileSync(join(import.meta.dirname, `${program}.ts`), file);
  const { node10: _, ...newer } = resolutions;
  const problems = Object.entries(newer).flatMap(([moduleResolution, module]) =>
    compileNatively(project, `${program}.ts`, {
      ...strictest,
      ...programs[program],
      module,
      moduleResolution,
    }).map((problem) => `${program}, TypeScript 7, ${moduleResolution}: ${problem}`),
  );
  return problems.concat(checkByInterface(program, project, file));
}

function checkByInterface(program, project, file) {
  return loadCompilers(project).flatMap((ts) => {
    const sources = new Map();
    return Object.entries(resolutions).flatMap(([moduleResolution, module]) =>
      compile(
        ts,
        file,
        { ...strictest, ...programs[program], module, moduleResolution },
        sources,
      ).map((problem) => `${program}, TypeScript ${ts.version}, ${moduleResolution}: ${problem}`),
    );
  });
}

function loadCompilers(project) {
  const installed = createRequire(join(project, 'package.json'));
  const own = createRequire(import.meta.url);
  const names = Object.keys(compilers).filter((name) => name !== native);
  return [...names.map(installed), own('typescript')];
}

function compileNatively(project, file, compilerOptions) {
  const config = join(project, 'tsconfig.native.json');
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [file] }));
  const { resolve } = createRequire(join(project, 'package.json'));
  const compiler = join(dirname(resolve(`${native}/package.json`)), 'bin', 'tsc');
  const { stdout, stderr, status, error } = spawnSync(
    process.execPath,
    [compiler, '--pretty', 'false', '--project', config],
    { cwd: project, encoding: 'utf8' },
  );
  if (error || (status !== 0 && stdout === '')) return [String(error ?? stderr)];
  // A problem begins at the margin; what follows it is indented.
  const lines = stdout.split('\n').filter((line) => /^\S/.test(line));
  return lines.filter((line) => isOurs(`/${line.replace(/\(.*/, '')}`) || /^error/.test(line));
}

/** `sources` holds parsed files of the same compiler: most of them are the default libraries. */
function compile(ts, file, settings, sources) {
  const isDeprecated = settings.moduleResolution === 'node10' && ts.versionMajorMinor >= '6';
  const compilerOptions = { ...settings, ...(isDeprecated && { ignoreDeprecations: '6.0' }) };
  const { options, errors } = ts.convertCompilerOptionsFromJson(compilerOptions, dirname(file));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, languageVersion, ...more) => {
    // Whether a file of ours is an ES module depends on the setting; libraries are the same for all.
    const key = isOurs(name) ? `${settings.module} ${name}` : name;
    if (!sources.has(key)) sources.set(key, read(name, languageVersion, ...more));
    return sources.get(key);
  };
  const program = ts.createProgram([file], options, host);
  const checked = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName));
  const found = checked.flatMap((source) => [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]);
  found.push(...program.getDeclarationDiagnostics(program.getSourceFile(file)));
  return [...errors, ...program.getOptionsDiagnostics(), ...found].map((diagnostic) =>
    ts.formatDiagnostic(diagnostic, host).trim(),
  );
}

function isOurs(fileName) {
  return !fileName.includes('/node_modules/') || fileName.includes('/node_modules/@asyngular/');
}
