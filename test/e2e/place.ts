import { execFileSync } from 'node:child_process';
import { chownSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { busyboxRoot } from '../../fixtures/bases/busybox.ts';
import { debianTar } from '../../fixtures/bases/debian.ts';
import { nodeTar } from '../../fixtures/bases/node.ts';
import { importBases } from '../../fixtures/bases.ts';
import { tsbuildAt } from '../../fixtures/tsbuild.ts';
import { OrdinaryUser } from '../runner/ordinary-user.ts';
import { type RunOptions, Workplace } from '../support/workplace.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Who builds: root, a user with a range of subordinate ids, a user without one. */
export type Who = 'root' | 'user' | 'user with one id';

/** Only root can be all of them; a user tests as what they are. */
export const EVERYBODY: readonly Who[] = process.geteuid?.() === 0 ? ['root', 'user', 'user with one id'] : ['user'];

/** For what needs a range of ids. */
export const WITH_IDS = EVERYBODY.filter((who) => who !== 'user with one id');

/** A workplace of another user, who has a copy of the program: the repository may be out of their sight. */
class UserPlace extends Workplace {
  readonly #user: OrdinaryUser;
  protected override readonly entry: readonly string[];

  constructor(user: OrdinaryUser) {
    super();
    this.#user = user;
    cpSync(join(REPOSITORY, 'dist'), join(user.home, 'dist'), { recursive: true });
    cpSync(join(REPOSITORY, 'package.json'), join(user.home, 'package.json'));
    this.entry = [join(user.home, 'dist/tsbuild.cjs')];
    chownSync(this.directory, user.uid, user.uid);
  }

  override start(args: readonly string[], options: RunOptions = {}) {
    const { uid, home } = this.#user;
    const become = ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
    const env = { HOME: home, TMPDIR: home, ...options.env };
    return super.start(args, { ...options, env, through: [...become, ...(options.through ?? [])] });
  }

  override remove(): void {
    super.remove();
    this.#user.remove();
  }
}

/** Gives `work` a place of its own, and removes that afterwards. */
export async function withPlace<T>(who: Who, work: (place: Workplace) => Promise<T>): Promise<T> {
  const other = who !== 'root' && process.geteuid?.() === 0;
  const place = other ? new UserPlace(new OrdinaryUser(who === 'user')) : new Workplace();
  try {
    return await work(place);
  } finally {
    place.remove();
  }
}

/** Copies a project of `fixtures/` to where it can be edited; returns its path. */
export function copyFixture(place: Workplace, name: string): string {
  cpSync(join(REPOSITORY, 'fixtures', name), place.at(name), { recursive: true });
  return place.at(name);
}

/** Takes the bases of the fixtures into the store. They are tars, so that whoever takes them has the same images. */
export async function takeBases(place: Workplace, ...names: ('busybox' | 'debian' | 'node')[]): Promise<void> {
  for (const name of names) {
    const { image, tar } = await BASES[name](place);
    await place.ok(['import', tar, image]);
  }
}

const BASES = {
  async busybox(place: Workplace) {
    const tar = place.at('busybox.tar');
    const fixed = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@1700000000'];
    execFileSync('tar', [...fixed, '-C', await busyboxRoot(), '-cf', tar, '.']);
    return { image: 'local/busybox', tar };
  },
  async debian(place: Workplace) {
    return { image: 'local/debian', tar: readable(place, await debianTar(tsbuildAt(place.at('bases')))) };
  },
  async node(place: Workplace) {
    const tsbuild = tsbuildAt(place.at('bases'));
    await importBases(tsbuild, 'debian');
    return { image: 'local/node:20', tar: readable(place, await nodeTar(tsbuild)) };
  },
};

/** A copy for a user who may not look into our cache. */
function readable(place: Workplace, tar: string): string {
  const copy = place.at(`base-${tar.slice(tar.lastIndexOf('/') + 1)}`);
  cpSync(tar, copy);
  return copy;
}
