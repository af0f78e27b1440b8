import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');

/** Large packages that not every command needs; each is a file of its own, and none knows our code. */
const PACKAGES = ['chevrotain', 'fast-glob', 'tar-stream', 'undici', 'yaml'];

/** Stands for the digest of the program in its own text. */
const IDENTITY = '@@@@@@@@@@@@@@@@';

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  logLevel: 'warning',
  write: false,
};

/** A function, so that the file is compiled when it is loaded, and its functions when they are called. See `loader.ts`. */
const LOADED: BuildOptions = {
  ...COMMON,
  format: 'cjs',
  banner: { js: '(function (require, module, exports, __directory, __url, __initialised) {' },
  footer: { js: '})' },
  // The alternative is left to the engine, which does not know where our files are.
  supported: { 'dynamic-import': false },
  define: {
    'import.meta.url': '__url',
    'import.meta.dirname': '__directory',
    'process.env.TSBUILD_BUNDLED': JSON.stringify(IDENTITY),
  },
};

const packageFiles: Plugin = {
  name: 'files of packages',
  setup({ onResolve }) {
    const filter = new RegExp(`^(${PACKAGES.join('|')})$`);
    onResolve({ filter }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${path}`, external: true },
    );
  },
};

const marks: Plugin = {
  name: 'modules say that they are initialised',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const mark = `__initialised(${JSON.stringify(relative(ROOT, path))});`;
      return { contents: `${readFileSync(path, 'utf8')}\n${mark}\n`, loader: 'ts' };
    });
  },
};

await main();

async function main(): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  const digests = await writeLoaded();
  await write('tsbuild.cjs', {
    entryPoints: ['src/start/main.ts'],
    format: 'cjs',
    define: { FILES: JSON.stringify(digests) },
  });
  chmodSync(join(DIST, 'tsbuild.cjs'), 0o755);
  await write('worker.cjs', {
    entryPoints: ['src/worker/main.ts'],
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
  });
  await write('grammar.js', { entryPoints: ['grammar/library.ts'], format: 'esm' });
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/report/page/main.ts', 'src/report/page/style.css'],
    bundle: true,
    minify: true,
    target: 'es2022',
    outdir: 'dist/report',
    logLevel: 'warning',
  });
}

/** Writes what the loader loads, and returns the digests of these files by name. */
async function writeLoaded(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const texts = await Promise.all([bundleProgram(), ...PACKAGES.map(bundlePackage)]);
  for (const [index, name] of ['program', ...PACKAGES].entries()) {
    const text = asciiOf(texts[index] as string);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, IDENTITY.length);
    writeFileSync(join(DIST, `${name}.cjs`), text.replaceAll(IDENTITY, digest));
    digests[name] = digest;
  }
  return digests;
}

async function write(name: string, options: BuildOptions): Promise<void> {
  writeFileSync(join(DIST, name), await bundle({ ...COMMON, ...options }));
}

function bundleProgram(): Promise<string> {
  return bundle({
    ...LOADED,
    entryPoints: ['src/cli/main.ts'],
    alias: { 'string-width': './src/cli/string-width.ts' },
    plugins: [packageFiles, marks],
  });
}

function bundlePackage(name: string): Promise<string> {
  return bundle({ ...LOADED, entryPoints: [name] });
}

async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles = [] } = await build({ ...options, outfile: 'out.js' });
  return outputFiles[0]?.text ?? '';
}

/** What esbuild leaves in regular expressions, and comments. */
function asciiOf(text: string): string {
  if (/\\[\u0080-\uffff]/.test(text)) throw new Error('a character behind a backslash cannot be written as its code');
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
