import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore, type Store } from '../../src/store/open.ts';
import { codeOf, withDirectory, withStore, writeImage } from './fixture.ts';

const test = suite('processes that die, and full disks');

const WRITER = new URL('./writer-process.ts', import.meta.url);

function start(root: string, ...task: string[]): ChildProcess {
  return fork(WRITER, [root, ...task], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

test('two processes that tag at once lose nothing', async () => {
  await withStore(async (store) => {
    const { manifest } = await writeImage(store, 'amd64');
    const children = ['a', 'b'].map((name) => start(store.layout.root, 'tag', name, manifest.digest));
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    assert.equal(
      ends.map(([status]) => status),
      [0, 0],
    );
    const names = store.images.list().map(({ reference }) => reference);
    assert.is(new Set(names).size, 200);
    assert.is(names.length, 200);
  });
});

async function killed(root: string, afterMs: number): Promise<void> {
  const child = start(root, 'everything');
  await once(child, 'message');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Whatever the store says it has is whole. */
async function checkStore(store: Store): Promise<void> {
  for (const name of readdirSync(store.layout.blobs)) store.content.readBytes(`sha256:${name}`);
  for (const { descriptor } of store.images.list()) assert.ok(store.content.has(descriptor.digest));
  for (const key of store.records.keys('vertex')) assert.type(store.records.get('vertex', key), 'string');
}

test('kill -9 in the middle of writing leaves a store that works', async () => {
  await withDirectory(async (root) => {
    for (const milliseconds of [0, 7, 23, 61]) {
      await killed(root, milliseconds);
      const store = await openStore(root);
      await checkStore(store);
      const session = await store.sessions.open();
      assert.equal(readdirSync(store.layout.sessions).sort(), [session.id, `${session.id}.lock`]);
      await session.close();
      const exclusive = await store.sessions.exclusive({ wait: false });
      assert.ok(exclusive);
      exclusive?.release();
    }
  });
});

function filesIn({ layout }: Store): string[] {
  const entries = readdirSync(layout.base, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

if (process.getuid?.() === 0) {
  test('a full disk: NO_SPACE, and nothing half-written', async () => {
    await withDirectory(async (directory) => {
      const disk = join(directory, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      try {
        const store = await openStore(join(disk, 'root'));
        const before = filesIn(store);
        assert.is(await codeOf(() => store.content.writeBytes(Buffer.alloc(2_000_000, 'x'))), 'NO_SPACE');
        assert.equal(filesIn(store), before);
        const { manifest } = await writeImage(store, 'amd64');
        await store.images.tag('docker.io/library/a:latest', manifest);
        const whole = filesIn(store);
        const large = { ...manifest, annotations: { large: 'x'.repeat(2_000_000) } };
        assert.is(await codeOf(() => store.images.tag('docker.io/library/b:latest', large)), 'NO_SPACE');
        assert.is(await codeOf(() => store.records.put('vertex', '0123456789', 'x'.repeat(2_000_000))), 'NO_SPACE');
        assert.equal(filesIn(store), whole);
        assert.equal(store.images.list(), [{ reference: 'docker.io/library/a:latest', descriptor: manifest }]);
        assert.is(store.records.get('vertex', '0123456789'), undefined);
      } finally {
        execFileSync('umount', ['--lazy', disk]);
      }
    });
  });
}

test.run();
