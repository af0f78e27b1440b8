import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tsbuildEntry } from '../../fixtures/tsbuild.ts';
import { needProgram } from '../house/programs.ts';
import { Workplace } from '../support/workplace.ts';

/** What a build costs in things that can be counted: a slower machine changes none of these numbers. */
interface Counts {
  /** How often files of the context were opened. */
  reads: number;
  /** Programs started, tsbuild itself included, without those of the build's own steps. */
  programs: string[];
  /** The packages whose code was loaded. */
  packages: string[];
}

/** Enough that a COPY remembers what it made. */
const FILES = 80;
const DOCKERFILE = 'FROM busybox\nWORKDIR /w\nCOPY src src\nRUN cat src/1 >out\nCMD ["cat", "out"]\n';
/** A file that is younger than this may change again without a sign, and is read again. */
const SETTLED_MS = 150;

const counts = suite('what a build costs');

let place: Workplace;

counts.before(async () => {
  place = await Workplace.withBusybox();
  mkdirSync(place.at('context/src'), { recursive: true });
  writeFileSync(place.at('context/Dockerfile'), DOCKERFILE);
  for (let file = 1; file <= FILES; file++) writeFileSync(place.at(`context/src/${file}`), `${file}\n`);
  await sleep(SETTLED_MS);
});
counts.after(() => place.remove());

async function countsOf(args: readonly string[] = []): Promise<Counts> {
  const trace = place.at('trace');
  const calls = 'trace=openat,execve';
  const through = [needProgram('strace'), '-f', '-qq', '-s', '300', '-e', calls, '-o', trace];
  await place.ok(['build', '-q', '-t', 'counted', ...args, place.at('context')], { through });
  const lines = readFileSync(trace, 'latin1').split('\n');
  const opened = lines.flatMap((line) =>
    / ENOENT /.test(line) ? [] : (/openat\([^"]*"([^"]+)"/.exec(line)?.[1] ?? []),
  );
  const programs = lines.flatMap((line) => /execve\("([^"]+)".*= 0$/.exec(line)?.[1] ?? []);
  return {
    reads: opened.filter((path) => path.includes('/context/src/')).length,
    programs: programs.filter((path) => !path.startsWith('/bin/')).map(nameOf),
    packages: packagesIn(opened.filter((path) => /\/dist\/.*\.js$/.test(path))),
  };
}

/** `node`, `launcher`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/-[0-9a-f]{16}$/, '');
}

/** The bundle says in comments where each piece of its code is from. */
function packagesIn(chunks: readonly string[]): string[] {
  const found = chunks.flatMap((chunk) => [
    ...readFileSync(chunk, 'utf8').matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm),
  ]);
  return [...new Set(found.map(([, name = '']) => name))].sort();
}

/** Those of the command line and the scheduler: no parser, no registry client, no archive code. */
const SMALL = [
  'ansi-regex',
  'ansi-styles',
  'cliui',
  'emoji-regex',
  'escalade',
  'get-caller-file',
  'get-east-asian-width',
  'p-limit',
  'picocolors',
  'string-width',
  'strip-ansi',
  'wrap-ansi',
  'y18n',
  'yargs',
  'yargs-parser',
  'yocto-queue',
];

counts('the bundle is what is counted', () => {
  assert.match(tsbuildEntry().at(-1) ?? '', /\/dist\/tsbuild\.js$/);
});

counts('a cold build reads each file of the context twice: for its digest, and to copy it', async () => {
  const { reads, programs } = await countsOf();
  assert.is(reads, 2 * FILES);
  assert.is(programs[0], 'node');
  assert.is(programs.filter((name) => name === 'node').length, 1);
});

counts('a build of nothing new reads no file, starts one program, and loads little', async () => {
  const { reads, programs, packages } = await countsOf();
  assert.is(reads, 0);
  assert.equal(programs, ['node', 'launcher']);
  assert.equal(
    packages.filter((name) => !SMALL.includes(name)),
    ['xxhash-wasm'],
  );
});

counts('after an edit the edited file is read twice, and no other: the rest of the layer is linked', async () => {
  writeFileSync(place.at('context/src/1'), 'edited\n');
  await sleep(SETTLED_MS);
  const { reads, programs } = await countsOf();
  assert.is(reads, 2);
  assert.is(programs.filter((name) => name === 'node').length, 1);
});

counts.run();
