import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groupParents } from '../../runner/cgroup/hierarchy.ts';
import { lock } from '../../runner/syscall/locks.ts';
import { isErrno } from '../../src/base/error.ts';
import { EVERYBODY, takeBases, type Who, withPlace } from '../e2e/place.ts';
import { assertNothingLeft, sessionsOf } from '../e2e/remains.ts';
import { storeFaults } from '../support/store-faults.ts';
import { outcomeOf, type Workplace } from '../support/workplace.ts';
import { descendants, kill, nameOf, startedBy } from './processes.ts';

/** By hand: KILLS=200 SEED=7 AS=user node --import tsx test/security/kills.serial.test.ts */
const { KILLS, SEED = '1', AS } = process.env;
const WHO = AS === undefined ? EVERYBODY.filter((who) => who !== 'user with one id') : [AS as Who];
const PER_USER = KILLS === undefined ? 10 : Number(KILLS);
/** Every so many rounds it is a container that is killed. */
const CONTAINERS = 5;
const FILES = 120;

const kills = suite('kills at random moments');

/** Parallel stages with cache mounts, shared and locked, COPY from the context and from stages, deletions. */
const DOCKERFILE = `FROM local/busybox AS one
RUN --mount=type=cache,target=/c echo x >> /c/log; sleep 0.05@; echo 1 > /one
FROM local/busybox AS two
COPY files /files
RUN --mount=type=cache,target=/c,sharing=locked cp -r /files /copies && (sleep 0.04@ & wait)
FROM local/busybox
COPY --from=one /one /one
COPY --from=two /copies /copies
RUN rm -r /copies/1* && chmod 700 /copies && sleep 0.02@
`;

for (const who of WHO) {
  kills(`as ${who}: nothing is left, the store verifies and the next build is right`, () =>
    withPlace(who, async (place) => {
      const campaign = await Campaign.begin(place, who);
      const removeForeign = who === 'user' ? leaveGroup() : () => undefined;
      try {
        for (let round = 0; round < PER_USER; round++) {
          const isContainer = round % CONTAINERS === CONTAINERS - 1;
          const victim = isContainer ? await campaign.killContainer(round) : await campaign.killBuild();
          await campaign.check(`round ${round} of seed ${SEED}: ${victim}`);
        }
      } finally {
        removeForeign();
      }
      if (KILLS !== undefined) console.log(`\n${who}: ${campaign.summary()}`);
    }),
  );
}

type Victim = 'the command' | 'a launcher' | 'a process of a launcher' | 'any process';
const VICTIMS: readonly Victim[] = ['the command', 'a launcher', 'a process of a launcher', 'any process'];

class Campaign {
  readonly #place: Workplace;
  readonly #marker: string;
  readonly #random: () => number;
  readonly #limits: readonly string[];
  readonly #killed = new Map<string, number>();
  #image = '';
  #archive = '';
  #duration = 0;

  private constructor(place: Workplace, who: Who) {
    this.#place = place;
    this.#marker = `${randomBytes(4).readUInt32LE()}`;
    this.#random = randomNumbers(Number(SEED));
    // Who may not make control groups cannot leave any.
    this.#limits = who === 'root' && groupParents().length > 0 ? ['--memory=512m'] : [];
  }

  /** Builds undisturbed, for the image that is right and for how long it takes. */
  static async begin(place: Workplace, who: Who): Promise<Campaign> {
    const campaign = new Campaign(place, who);
    await takeBases(place, 'busybox');
    place.write('context/Dockerfile', DOCKERFILE.replaceAll('@', campaign.#marker));
    for (let file = 0; file < FILES; file++) place.write(`context/files/${file}`, `file ${file}\n`.repeat(file));
    campaign.#image = await campaign.#build();
    campaign.#archive = campaign.#archiveDigest() ?? '';
    const begun = Date.now();
    await campaign.#build(['--no-cache']);
    campaign.#duration = Date.now() - begun;
    return campaign;
  }

  summary(): string {
    return [...this.#killed].map(([what, count]) => `${count} × ${what}`).join(', ');
  }

  async killBuild(): Promise<string> {
    const child = this.#place.start(this.#arguments(['--no-cache']), { env: this.#environment() });
    const outcome = outcomeOf(child);
    const victim = await this.#killOne(child);
    const { code, stdout } = await outcome;
    if (code === 0) assert.is(stdout.trim(), this.#image);
    const archive = this.#archiveDigest();
    assert.ok(archive === undefined || archive === this.#archive, 'a half archive');
    return victim;
  }

  async killContainer(round: number): Promise<string> {
    const name = `c${round}`;
    const script = `echo up; while :; do sleep 0.1${this.#marker}; done`;
    const command = ['run', '-d', '--name', name, ...this.#limits, 'local/busybox', 'sh', '-c', script];
    const child = this.#place.start(command);
    const outcome = outcomeOf(child);
    const victim = await this.#killOne(child);
    await outcome;
    for (const id of (await this.#place.ok(['ps', '-aq'])).split('\n').filter((line) => line !== '')) {
      await this.#place.ok(['rm', '-f', id]);
    }
    return `${victim} of a container`;
  }

  /** At some moment kills a process of some kind, or the first of that kind that comes then; says what it was. */
  async #killOne(command: ChildProcess): Promise<string> {
    const wanted = VICTIMS[Math.floor(this.#random() * VICTIMS.length)] as Victim;
    await sleep(this.#random() * this.#duration);
    let said = `${wanted} (too late)`;
    for (let pid: number | undefined; pid === undefined && command.exitCode === null; await sleep(1)) {
      const chosen = this.#candidates(wanted, startedBy(this.#place.root, command.pid));
      pid = chosen[Math.floor(this.#random() * chosen.length)];
      if (pid !== undefined && kill(pid)) said = wanted;
    }
    this.#killed.set(said, (this.#killed.get(said) ?? 0) + 1);
    return said;
  }

  #candidates(wanted: Victim, running: readonly number[]): readonly number[] {
    const launchers = running.filter((pid) => nameOf(pid).includes('launcher'));
    switch (wanted) {
      case 'the command':
        return running.slice(0, 1);
      case 'a launcher':
        return launchers;
      case 'a process of a launcher':
        return descendants(launchers).filter((pid) => !launchers.includes(pid));
      case 'any process':
        return running;
    }
  }

  async check(what: string): Promise<void> {
    try {
      await assertNothingLeft(this.#place, this.#marker);
      assert.equal(storeFaults(this.#place.root), []);
      assert.is(await this.#build(), this.#image, 'another image');
      assert.is(this.#archiveDigest(), this.#archive, 'another archive');
      assert.equal(storeFaults(this.#place.root), []);
      assert.equal([sessionsOf(this.#place), await this.#groups()], [[], []]);
    } catch (error) {
      (error as Error).message = `${what}: ${(error as Error).message}`;
      throw error;
    }
  }

  #build(more: readonly string[] = []): Promise<string> {
    return this.#place.ok(this.#arguments(more), { env: this.#environment() });
  }

  #arguments(more: readonly string[]): string[] {
    const outputs = ['-o', 'type=image', '-o', `type=oci,dest=${this.#place.at('image.tar')}`];
    rmSync(this.#place.at('image.tar'), { force: true });
    return ['build', '-q', '-t', 'app', ...this.#limits, ...outputs, ...more, this.#place.at('context')];
  }

  #environment(): Record<string, string> {
    return { SOURCE_DATE_EPOCH: '1700000000' };
  }

  #archiveDigest(): string | undefined {
    const path = this.#place.at('image.tar');
    return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : undefined;
  }

  /** Those that nobody holds: the next build removes what a dead one left. */
  async #groups(): Promise<string[]> {
    if (this.#limits.length === 0) return [];
    const groups = groupParents().flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)));
    const abandoned = await Promise.all(groups.filter((path) => /\/tsbuild-\w+$/.test(path)).map(isAbandoned));
    return abandoned.flatMap((path) => path ?? []);
  }
}

/** What a dead build of root has left is no business of a user's, and no obstacle. Returns what removes it. */
function leaveGroup(): () => unknown {
  const [parent] = groupParents();
  if (process.geteuid?.() !== 0 || parent === undefined) return () => undefined;
  const group = join(parent, `tsbuild-${randomBytes(8).toString('hex')}`);
  mkdirSync(group);
  return () => existsSync(group) && rmdirSync(group);
}

async function isAbandoned(group: string): Promise<string | undefined> {
  try {
    const fd = openSync(group, 'r');
    const isFree = await lock(fd, 'exclusive', false);
    closeSync(fd);
    return isFree ? group : undefined;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return undefined;
  }
}

/** Numbers from 0 to 1 that a seed determines (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

kills.run();
