import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Backend, chooseBackend, runSandbox, type SandboxSpec } from '../../runner/index.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { needProgram } from '../house/programs.ts';
import { becomeRoot, TestSandbox } from '../runner/kit.ts';

await becomeRoot();

const test = suite('mount points on a path that another container changes');

/** A directory and the link that it is exchanged with, in the volume. */
const PAIRS = [
  { directory: 's', link: 'to-root', leadsTo: '/' },
  { directory: 't', link: 'upwards', leadsTo: '../'.repeat(20) },
] as const;
/** Exchanges pairs of names in turn (renameat2, RENAME_EXCHANGE) until it is killed. */
const EXCHANGE =
  'print "on\\n"; $| = 1; while (1) { for (my $i = 0; $i < @ARGV; $i += 2) { syscall($ENV{CALL} + 0, -100, $ARGV[$i], -100, $ARGV[$i + 1], 2) } }';
const RENAMEAT2: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: '316', arm64: '276' };

/** A volume of two containers, of which one exchanges names in it, and what lies outside of both. */
class Race {
  readonly outside: string;
  readonly volume: string;
  readonly box: TestSandbox;
  readonly #other: TestSandbox;
  readonly #end = new AbortController();
  #exchanging: Promise<unknown> | undefined;

  private constructor(box: TestSandbox, other: TestSandbox) {
    this.box = box;
    this.#other = other;
    this.outside = join(box.directory, 'outside');
    this.volume = join(box.directory, 'volume');
    for (const path of [this.outside, this.volume]) mkdirSync(path);
    writeFileSync(join(this.outside, 'secret'), 'secret\n');
    mkdirSync(join(this.volume, this.outside), { recursive: true });
    for (const { directory, link, leadsTo } of PAIRS) {
      mkdirSync(join(this.volume, directory, this.outside), { recursive: true });
      symlinkSync(leadsTo, join(this.volume, link));
    }
  }

  static async with(work: (race: Race) => Promise<void>): Promise<void> {
    const race = new Race(await TestSandbox.create(), await TestSandbox.create());
    try {
      await race.#start();
      await work(race);
    } finally {
      race.#end.abort();
      await race.#exchanging;
      for (const box of [race.box, race.#other]) box.remove();
    }
  }

  get mount() {
    return { source: this.volume, target: '/v', readonly: false, recursive: false };
  }

  #start(): Promise<void> {
    const names = PAIRS.flatMap(({ directory, link }) => [`/v/${directory}`, `/v/${link}`]);
    const programs = ['/usr', '/lib', '/lib64'].map((path) => ({
      source: path,
      target: path,
      readonly: true,
      recursive: true,
    }));
    const spec = this.#other.spec(['/usr/bin/perl', '-e', EXCHANGE, ...names], {
      mounts: [...programs, this.mount],
      env: { CALL: RENAMEAT2[process.arch] ?? '' },
    });
    return new Promise((resolve, reject) => {
      const stderr = (chunk: Buffer) => reject(new Error(chunk.toString()));
      this.#exchanging = runSandbox(spec, { stdout: () => resolve(), stderr, signal: this.#end.signal });
    });
  }
}

/** What became of the mount points of many tries. */
interface Seen {
  /** In the directory of the volume, and where the link leads in the container. */
  directory: number;
  link: number;
  /** Tries in which the name changed in between, and no container came of it. */
  refused: number;
  /** What the container could read from outside. */
  leaked: string;
}

/** Tries until both states have been met in both pairs, and at least so often. */
async function mountOften(race: Race, backend: Backend, tries: number): Promise<Seen> {
  const seen: Seen = { directory: 0, link: 0, refused: 0, leaked: '' };
  for (let index = 0; index < tries || (index < 20 * tries && seen.directory * seen.link === 0); index++) {
    const output = await outputOf(race, backend, index);
    if (output === undefined) seen.refused++;
    for (const line of output?.split('\n') ?? []) {
      if (line.startsWith('leaked')) seen.leaked += line;
      else if (line.startsWith('/v/')) seen.directory++;
      else if (line.startsWith(race.outside)) seen.link++;
    }
  }
  return seen;
}

/** The places of its mounts, as a container sees them; undefined where it could not be made. */
async function outputOf(race: Race, backend: Backend, index: number): Promise<string | undefined> {
  const { box, outside, volume, mount } = race;
  const script = `cut -d' ' -f5 /proc/self/mountinfo | grep made
for d in .${outside} /v/s${outside} /v/t${outside} /source; do [ -e $d/secret ] && echo "leaked $d"; done; echo x >/v/s${outside}/written; true`;
  const [s, t] = [`/v/s${outside}`, `/v/t${outside}`];
  const changes: Partial<SandboxSpec> = {
    mounts: [
      mount,
      { ...mount, target: `${s}/made-${index}` },
      { ...mount, target: `${t}/made-${index}/deep` },
      { ...mount, source: { root: volume, path: `/s${outside}` }, target: '/source' },
    ],
    tmpfs: [{ target: `${t}/made-tmpfs-${index}` }],
    files: [{ target: `${s}/made-file-${index}`, content: Buffer.from('x'), mode: 0o600, uid: 0, gid: 0 }],
    cwd: '/v/s',
  };
  let output = '';
  try {
    await backend.run(box.spec(['sh', '-c', script], changes), {
      stdout: (chunk) => {
        output += chunk;
      },
      stderr: () => undefined,
    });
    return output;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SANDBOX') return undefined;
    throw error;
  } finally {
    for (const name of ['upper', 'work']) {
      rmSync(join(box.directory, name), { recursive: true, force: true });
      mkdirSync(join(box.directory, name), { mode: 0o755 });
    }
  }
}

function assertUntouched({ outside }: Race, mode: number, mounts: string): void {
  assert.equal(readdirSync(outside), ['secret']);
  assert.equal([readFileSync(join(outside, 'secret'), 'utf8'), statSync(outside).mode], ['secret\n', mode]);
  assert.is(mountsBelow(outside), mounts);
}

function mountsBelow(directory: string): string {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.filter((line) => line.includes(directory)).join('\n');
}

test('are a danger: who makes them by paths of the host makes them outside', () =>
  Race.with(async ({ volume, outside }) => {
    for (const { directory } of PAIRS) {
      const made = join(outside, `by-${directory}`);
      for (let tries = 0; !readdirSync(outside).includes(`by-${directory}`); tries++) {
        assert.ok(tries < 100_000, made);
        try {
          mkdirSync(join(volume, directory, made), { recursive: true });
        } catch (error) {
          if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EEXIST')) throw error;
        }
      }
    }
  }));

/** How often each is tried at least. */
const TRIES = 20;

for (const name of ['launcher', 'crun', 'runc'] as const) {
  test(`lead out of no container of ${name}`, () =>
    Race.with(async (race) => {
      if (name !== 'launcher') needProgram(name);
      const backend = await chooseBackend(name, race.box.directory);
      const { mode } = statSync(race.outside);
      const mounts = mountsBelow(race.outside);
      const seen = await mountOften(race, backend, TRIES);
      assert.is(seen.leaked, '');
      assert.ok(seen.directory > 0 && seen.link > 0, JSON.stringify(seen));
      assertUntouched(race, mode, mounts);
    }));
}

test.run();
