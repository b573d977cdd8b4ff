import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { installClient } from './installed-packages.js';

/** A project of a React Native application, with React itself from this repository. */
const project = fileURLToPath(new URL('../.cache/metro/', import.meta.url));
const require = createRequire(import.meta.url);
/** Metro's resolver, as far as it is used here. */
const { resolve } = require('metro-resolver') as {
  resolve(
    context: object,
    name: string,
    platform: string,
  ): { readonly type: string; readonly filePath: string };
};
const entry = join(project, 'app.js');
const react = dirname(require.resolve('react/package.json'));

beforeAll(() => installClient(project, true));

/** What Metro of React Native 0.79 and later knows of the file system and of packages, with its defaults. */
function contextOf(originModulePath: string): object {
  const getPackage = (path: string) =>
    existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
  return {
    allowHaste: false,
    assetExts: new Set(['png']),
    customResolverOptions: {},
    dev: false,
    disableHierarchicalLookup: false,
    doesFileExist: (path: string) => existsSync(path) && lstatSync(path).isFile(),
    extraNodeModules: { react },
    fileSystemLookup: (path: string) =>
      existsSync(path)
        ? { exists: true, type: lstatSync(path).isFile() ? 'f' : 'd', realPath: realpathSync(path) }
        : { exists: false },
    getPackage,
    getPackageForModule(path: string) {
      for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
        const packageJson = getPackage(join(folder, 'package.json'));
        if (packageJson) {
          return { packageJson, rootPath: folder, packageRelativePath: relative(folder, path) };
        }
      }
      return null;
    },
    isESMImport: true,
    mainFields: ['react-native', 'browser', 'main'],
    nodeModulesPaths: [],
    originModulePath,
    preferNativePlatform: true,
    redirectModulePath: (path: string) => path,
    resolveAsset: () => null,
    resolveHasteModule: () => null,
    resolveHastePackage: () => null,
    resolveRequest: null,
    sourceExts: ['js', 'jsx', 'json', 'ts', 'tsx'],
    unstable_conditionNames: ['react-native'],
    unstable_conditionsByPlatform: {},
    unstable_enablePackageExports: true,
    unstable_incrementalResolution: false,
    unstable_logWarning: (message: string) => {
      throw new Error(message);
    },
  };
}

/** All files that the application loads, as Metro finds them from its imports. */
function filesFrom(names: readonly string[]): string[] {
  const files = new Set<string>();
  const follow = (name: string, origin: string): void => {
    const found = resolve(contextOf(origin), name, 'ios');
    if (found.type !== 'sourceFile') throw new Error(`${name} of ${origin}: ${found.type}`);
    if (files.has(found.filePath) || found.filePath.startsWith(react)) return;
    files.add(found.filePath);
    const source = readFileSync(found.filePath, 'utf8');
    for (const [, , next] of source.matchAll(/\b(from|import)\s*["']([^"']+)["']/g)) {
      follow(next!, found.filePath);
    }
  };
  for (const name of names) follow(name, entry);
  return [...files].map((file) => relative(project, file));
}

it('Metro finds the hooks, the stores and the client, and nothing of Node', () => {
  const files = filesFrom(['@asyngular/react', '@asyngular/store', '@asyngular/client']);
  const at = (path: string) => `node_modules/@asyngular/${path}`;
  expect(files).toContain(at('react/dist/create-hooks.js'));
  expect(files).toContain(at('store/dist/stores.js'));
  expect(files).toContain(at('client/dist/platform/browser.js'));
  expect(files).not.toContain(at('client/dist/platform/node.js'));
  expect(files.length).toBeGreaterThan(50);
});
