import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import packageJson from '../../package.json' with { type: 'json' };

const library = suite('the library tsbuild/grammar');

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/grammar.md'), 'utf8');

let place: string;
/** A project that has the package installed. */
let project: string;

/** Packed in a copy: the real `dist` is what other tests run. */
function pack(): string {
  const copy = join(place, 'copy');
  mkdirSync(copy);
  for (const name of ['package.json', 'tsconfig.json', 'README.md', 'LICENSE', 'docs', 'src', 'grammar', 'runner']) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', place], { cwd: copy, encoding: 'utf8' });
  const [packed] = JSON.parse(output.slice(output.indexOf('['))) as { filename: string }[];
  return join(place, packed?.filename ?? '');
}

/** What the package depends on is linked, so that the installation needs no network. */
function install(tarball: string): void {
  project = join(place, 'project');
  mkdirSync(project);
  const linked = Object.keys(packageJson.dependencies).map((name) => [
    name,
    `file:${join(ROOT, 'node_modules', name)}`,
  ]);
  const manifest = { type: 'module', dependencies: { tsbuild: `file:${tarball}`, ...Object.fromEntries(linked) } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: project });
}

interface Example {
  code: string;
  output: string;
}

/** Every block of code of the page, and the block behind it that says what it prints. */
const EXAMPLES: Example[] = [...PAGE.matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs)].map(
  ([, code = '', output = '']) => ({ code, output }),
);

library.before(() => {
  place = mkdtempSync(join(tmpdir(), 'tsbuild-library-'));
  install(pack());
});

library.after(() => rmSync(place, { recursive: true }));

library('every example of the page says what it prints', () => {
  assert.is(EXAMPLES.length, PAGE.split('```ts\n').length - 1);
  assert.ok(EXAMPLES.length >= 4);
});

for (const [index, { code, output }] of EXAMPLES.entries()) {
  library(`example ${index + 1} of docs/grammar.md runs`, () => {
    writeFileSync(join(project, `example${index}.mjs`), code);
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    assert.is(execFileSync(process.execPath, [`example${index}.mjs`], { cwd: project, encoding: 'utf8', env }), output);
  });
}

const CONSUMER = `import { parse, parseTree, type Instruction, type Tree, type TsbuildError } from 'tsbuild/grammar';

const { file, errors } = parse({ name: 'Dockerfile', text: 'FROM a' });
export const first: Instruction | undefined = file.instructions[0];
export const problem: TsbuildError | undefined = errors[0];
if (first?.kind === 'COPY') first.destination.text.trim();
const tree = parseTree('FROM a');
export const good: Tree | string = tree.ok ? tree : tree.error;
// @ts-expect-error: a tree that is not ok has no nodes
export const { nodes } = tree;
// @ts-expect-error: a FROM has no destination
if (first?.kind === 'FROM') first.destination;
`;

library('a consumer and the examples have types, also where declarations are checked', () => {
  writeFileSync(join(project, 'consumer.mts'), CONSUMER);
  for (const [index, { code }] of EXAMPLES.entries()) writeFileSync(join(project, `typed${index}.mts`), code);
  const files = ['consumer.mts', ...EXAMPLES.map((_, index) => `typed${index}.mts`)];
  const options = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--module',
    'nodenext',
    '--target',
    'es2023',
  ];
  const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, ...options, ...types, ...files], { cwd: project, encoding: 'utf8' });
  } catch (error) {
    assert.is((error as { stdout: string }).stdout, '');
  }
});

library('nothing else of the package can be imported', () => {
  const code =
    "await import('tsbuild/dist/grammar.js').then(() => process.exit(3), (error) => console.log(error.code))";
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: project,
    encoding: 'utf8',
  });
  assert.is(output.trim(), 'ERR_PACKAGE_PATH_NOT_EXPORTED');
});

library.run();
