/**
 * Test files are compiled all at once before they run: a compiler in each of their processes costs more than most of
 * them, and packages that consist of hundreds of files are read as one.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

export interface Bundle {
  /** The arguments of node that run a test file of the bundle. */
  argumentsOf(path: string): string[];
  remove(): void;
}

/** What tests use and what cannot be part of a bundle. */
const EXTERNAL = ['dependency-cruiser', 'esbuild', 'playwright-core', 'typescript'];
/** Packages that are no modules ask for others with it. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Where a file says of itself that it is stays where its source is. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.')) return undefined;
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: 'ts' };
    });
  },
};

/** Each test file compiles itself: who measures what tests reach wants the sources one by one. */
const notBundled: Bundle = { argumentsOf: (path) => ['--import', 'tsx', path], remove: () => undefined };

/** Compiles the test files with these paths below `root`. The result is below `node_modules`, where packages are found. */
export async function bundleTests(root: string, paths: readonly string[]): Promise<Bundle> {
  if (process.env.NODE_V8_COVERAGE !== undefined) return notBundled;
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const outdir = mkdtempSync(join(cache, 'tests-'));
  const remove = (): void => rmSync(outdir, { recursive: true, force: true });
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [...paths],
      outbase: root,
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: EXTERNAL,
      banner: { js: REQUIRE },
      plugins: [ownPlaces],
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'warning',
    });
  } catch (error) {
    remove();
    throw error;
  }
  const argumentsOf = (path: string) => ['--enable-source-maps', join(outdir, path.replace(/\.ts$/, '.mjs'))];
  return { argumentsOf, remove };
}
