import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inUserNamespace } from '../../runner/index.ts';
import { toBytePath } from '../../src/base/bytepath.ts';
import { isErrno } from '../../src/base/error.ts';
import { readArchive } from '../../src/containers/archive.ts';
import { readLayer } from '../../src/containers/commit.ts';
import { LiveRoot } from '../../src/containers/live-root.ts';
import { writeArchive } from '../../src/containers/unarchive.ts';
import { createVolumes } from '../../src/containers/volumes.ts';
import { plainChangesOf } from '../../src/snapshot/changes.ts';
import { packLayer } from '../../src/snapshot/pack.ts';
import { RootView } from '../../src/snapshot/root-view.ts';
import type { StoreLayout } from '../../src/store/layout.ts';
import type { Store } from '../../src/store/open.ts';
import { VolumeStore } from '../../src/store/volumes.ts';
import type { TarEntry } from '../../src/tar/entry.ts';
import { TarWriter } from '../../src/tar/writer.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('containers that change names while we work on their files');

/** As long as what the container has in its place, so that no size gives it away. */
const [SECRET, INNOCENT] = ['the secret', 'harmless..'];
/** Exchanges pairs of names in turn (renameat2, RENAME_EXCHANGE) until it is killed. */
const EXCHANGE =
  'while (1) { for (my $i = 0; $i < @ARGV; $i += 2) { syscall(316, -100, $ARGV[$i], -100, $ARGV[$i + 1], 2) } }';

/** A root in which a directory and a file are exchanged with links out of it, and what lies outside. */
class Race {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsbuild-race-'));
  readonly root = join(this.directory, 'root');
  readonly outside = join(this.directory, 'outside');
  readonly #exchanging: ChildProcess;

  /** @param exchanged pairs of names */
  constructor(exchanged: readonly string[]) {
    for (const path of [this.outside, this.root, join(this.root, 'etc')]) mkdirSync(path, { recursive: true });
    writeFileSync(join(this.outside, 'passwd'), SECRET);
    writeFileSync(join(this.root, 'etc/passwd'), INNOCENT);
    writeFileSync(join(this.root, 'file'), INNOCENT);
    symlinkSync(this.outside, join(this.root, 'link'));
    symlinkSync(join(this.outside, 'passwd'), join(this.root, 'link-to-file'));
    const names = exchanged.map((name) => join(this.root, name));
    this.#exchanging = spawn('perl', ['-e', EXCHANGE, ...names], { stdio: 'ignore' });
  }

  async end(): Promise<void> {
    this.#exchanging.kill('SIGKILL');
    await once(this.#exchanging, 'close');
    rmSync(this.directory, { recursive: true });
  }
}

const TRIES = 200;
/** Until a control has succeeded: far more than it takes. */
const MAX_TRIES = 100_000;

/** Whether one of many attempts gets what lies outside. The race is lost in most of them, with whatever error. */
async function leaks(attempt: () => string | Promise<string>, limit = TRIES): Promise<boolean> {
  for (let tries = 0; tries < limit; tries++) {
    const got = await Promise.resolve()
      .then(attempt)
      .catch(() => '');
    if (got.includes(SECRET)) return true;
  }
  return false;
}

async function layerAsTar(directory: string): Promise<string> {
  const changes = plainChangesOf({ directory: toBytePath(directory), opaque: [], parent: new RootView([]) });
  let tar = '';
  await packLayer(changes, (chunk) => {
    tar += chunk.toString('latin1');
  });
  return tar;
}

async function archive(root: string, path: string): Promise<string> {
  let tar = '';
  await readArchive(root, path, async (chunk) => {
    tar += chunk.toString('latin1');
  });
  return tar;
}

/** A directory, which is exchanged once it is made. */
const ARCHIVE: readonly Buffer[] = archiveOf([{ path: 'made', type: 'directory', mode: 0o711 }]);

/** Whatever has its name; the two are being exchanged. */
function clear(path: string): void {
  attempt(() => unlinkSync(path));
  attempt(() => rmdirSync(path));
}

function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EISDIR', 'ENOTDIR', 'EEXIST', 'EPERM')) throw error;
  }
}

function archiveOf(entries: readonly Pick<TarEntry, 'path' | 'type' | 'mode' | 'linkPath'>[]): Buffer[] {
  const chunks: Buffer[] = [];
  const writer = new TarWriter((chunk) => chunks.push(chunk));
  for (const entry of entries) writer.header({ ...entry, uid: 0, gid: 0, mtime: 0, size: 0 });
  writer.end();
  return chunks;
}

async function* chunksOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function withRace(
  work: (race: Race) => Promise<void>,
  exchanged = ['etc', 'link', 'file', 'link-to-file'],
): Promise<void> {
  const race = new Race(exchanged);
  try {
    await work(race);
  } finally {
    await race.end();
  }
}

test('are real: who reads by paths gets what lies outside', () =>
  withRace(async ({ root }) => {
    assert.ok(await leaks(() => readFileSync(join(root, 'etc/passwd'), 'utf8'), MAX_TRIES));
    assert.ok(await leaks(() => layerAsTar(root), MAX_TRIES), 'a layer that is walked by paths');
  }));

test('commit packs nothing from outside', () =>
  withRace(async ({ root }) => {
    await readLayer(toBytePath(root), async (directory) => assert.not.ok(await leaks(() => layerAsTar(directory))));
  }));

test('cp from a container reads nothing from outside', () =>
  withRace(async ({ root }) => {
    assert.not.ok(await leaks(() => archive(root, '/.')));
    assert.not.ok(await leaks(() => archive(root, '/etc/passwd')));
  }));

test('exec looks users up in no file from outside', () =>
  withRace(async ({ root }) => {
    const live = new LiveRoot(root);
    assert.not.ok(await leaks(() => live.readSmallFile('etc/passwd', 1 << 20)?.toString() ?? ''));
    assert.not.ok(await leaks(() => live.readSmallFile('file', 1 << 20)?.toString() ?? ''));
  }));

test('cp into a container writes nothing outside, nor changes a mode', () =>
  withRace(
    async ({ root, outside }) => {
      const [made, link] = [join(root, 'made'), join(root, 'link-of-made')];
      const { mode } = statSync(outside);
      for (let tries = 0; tries < 4 * TRIES; tries++) {
        for (const path of [made, link]) clear(path);
        attempt(() => symlinkSync(outside, link));
        await writeArchive(root, '/', chunksOf(ARCHIVE), { raw: true, owners: true }).catch(() => undefined);
      }
      assert.equal([readdirSync(outside), statSync(outside).mode], [['passwd'], mode]);
    },
    ['made', 'link-of-made'],
  ));

/** Puts a link out in the place of a directory as soon as that is there, until it is killed. */
const REPLACE =
  'print "on"; $| = 1; while (1) { rename("$ARGV[0]/made", "$ARGV[0]/moved") and symlink($ARGV[1], "$ARGV[0]/made") }';

test('what an image has for a volume that another container uses is written nowhere outside', () =>
  withRace(async ({ directory, outside }) => {
    const volumes = new VolumeStore({ base: directory } as StoreLayout);
    const image = join(directory, 'image');
    mkdirSync(join(image, 'data/made'), { recursive: true });
    for (let file = 0; file < 50; file++) writeFileSync(join(image, 'data/made', `${file}`), INNOCENT);
    const view = new RootView([{ directory: toBytePath(image), opaque: new Set() }]);
    const mount = { type: 'volume', name: 'shared', target: '/data', readonly: false, copy: true } as const;
    const context = { view, store: { volumes } as Store, directory, userXattrs: inUserNamespace() };
    volumes.create('shared');
    const data = volumes.data('shared');
    const replacing = spawn('perl', ['-e', REPLACE, data, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(replacing.stdout, 'data');
    let replaced = 0;
    for (let tries = 0; tries < TRIES / 4 || (replaced === 0 && tries < MAX_TRIES); tries++) {
      await createVolumes([mount], context).catch(() => undefined);
      for (const name of readdirSync(data)) {
        if (name === 'moved') replaced++;
        attempt(() => renameSync(join(data, name), join(directory, `${tries}-${name}`)));
      }
    }
    replacing.kill('SIGKILL');
    await once(replacing, 'close');
    assert.ok(replaced > 0);
    assert.equal(readdirSync(outside), ['passwd']);
  }, []));

test('what has become our own root is that of no container', () => {
  assert.throws(() => new LiveRoot('/proc/self/root').resolve('etc', { followLast: true }), /the container has ended/);
});

test.run();
