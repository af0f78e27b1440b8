import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  /** How often what is in the context was looked at (stat), and how often directories were read. */
  looks: number;
  listings: number;
  /** Programs started, tsbuild itself included, without those of the build's own steps. */
  programs: string[];
  /** Calls to the kernel that name a file, without those of the build's own steps. */
  fileCalls: number;
}

/** Enough that a COPY remembers what it made. */
const FILES = 80;
const DOCKERFILE = 'FROM busybox\nWORKDIR /w\nCOPY src src\nRUN cat src/1 >out\nCMD ["cat", "out"]\n';
/** A file that is younger than this may change again without a sign, and is read again. */
const SETTLED_MS = 150;

/** Of a build of nothing new beside one for each file of the context: about 100 of ours, and as many of Node's own start. */
const MOST_FILE_CALLS = 250;

/** Modules that have no part in it. */
const UNUSED = new RegExp(
  [
    '^grammar/parse',
    '^runner/(sandbox|setup/program|seccomp|probe/probe|network/open|userns/enter)',
    '^src/(registry|bake|explain|report|affected|prune|containers|doctor)/',
    // Whether there are settings is looked at; they are read where there are.
    '^src/config/(index|yaml|user|registries|limits|option-file|file-)',
    '^src/frontend/parse',
    '^src/ops/(git|http|run|mounts/prepare)',
    '^src/export/(push|compress|deliver-files|write-.*)[.]ts',
    '^src/tar/writer',
  ].join('|'),
);

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
  const calls = 'trace=%file';
  const through = [needProgram('strace'), '-f', '-qq', '-s', '300', '-e', calls, '-o', trace];
  await place.ok(['build', '-q', '-t', 'counted', ...args, place.at('context')], { through });
  const lines = readFileSync(trace, 'latin1').split('\n');
  const opened = lines.flatMap((line) =>
    / ENOENT /.test(line) ? [] : (/openat\([^"]*"([^"]+)"/.exec(line)?.[1] ?? []),
  );
  const programs = lines.flatMap((line) => /execve\("([^"]+)".*= 0$/.exec(line)?.[1] ?? []);
  return {
    reads: opened.filter((path) => path.includes('/context/src/')).length,
    looks: lines.filter((line) => /stat[a-z0-9]*\([^"]*"[^"]*\/context\/src\//.test(line)).length,
    listings: lines.filter((line) => /"[^"]*\/context\/src", [A-Z_|]*O_DIRECTORY/.test(line)).length,
    programs: programs.filter((path) => !path.startsWith('/bin/')).map(nameOf),
    fileCalls: lines.filter((line) => /"[^"]*\/[^"]*"/.test(line)).length,
  };
}

/** `node`, `launcher`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/-[0-9a-f]{16}$/, '');
}

/** What a build initialises: a cache of compiled code that was empty knows of this one run. */
async function modulesOf(args: readonly string[] = []): Promise<string[]> {
  const cache = mkdtempSync(place.at('code-'));
  await place.ok(['build', '-q', '-t', 'counted', ...args, place.at('context')], { env: { XDG_CACHE_HOME: cache } });
  const files = readdirSync(join(cache, 'tsbuild')).map((name) => readFileSync(join(cache, 'tsbuild', name), 'latin1'));
  return files.flatMap((file) => Object.keys(JSON.parse(file.slice(0, file.indexOf('\n'))).modules));
}

counts('the bundle is what is counted', () => {
  assert.match(tsbuildEntry().at(-1) ?? '', /\/dist\/tsbuild\.cjs$/);
});

counts('a cold build reads each file of the context twice: for its digest, and to copy it', async () => {
  const { reads, programs } = await countsOf();
  assert.is(reads, 2 * FILES);
  assert.is(programs[0], 'node');
  assert.is(programs.filter((name) => name === 'node').length, 1);
});

counts(
  'a build of nothing new looks at each file once and reads none, starts one program, and asks the kernel for little',
  async () => {
    const { reads, looks, listings, programs, fileCalls } = await countsOf();
    assert.equal({ reads, looks, listings }, { reads: 0, looks: FILES, listings: 1 });
    assert.equal(programs, ['node', 'launcher']);
    assert.ok(fileCalls < FILES + MOST_FILE_CALLS, `${fileCalls} calls`);
  },
);

counts('a build of nothing new initialises neither a parser nor a registry client, nor any large package', async () => {
  const modules = await modulesOf();
  assert.ok(modules.includes('program') && modules.includes('src/graph/solver.ts'), modules.join(' '));
  assert.equal(
    modules.filter((name) => !name.includes('/') || UNUSED.test(name)),
    ['program'],
  );
});

counts('after an edit the edited file is read twice, and no other: the rest of the layer is linked', async () => {
  writeFileSync(place.at('context/src/1'), 'edited\n');
  await sleep(SETTLED_MS);
  const { reads, looks, listings, programs } = await countsOf();
  assert.equal({ reads, looks, listings }, { reads: 2, looks: FILES, listings: 1 });
  assert.is(programs.filter((name) => name === 'node').length, 1);
});

counts.run();
