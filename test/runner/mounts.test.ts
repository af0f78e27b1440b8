import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BindMount } from '../../runner/index.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const mounts = suite('mounts');
let box: TestSandbox;

mounts.before.each(async () => {
  box = await TestSandbox.create();
});
mounts.after.each(() => box.remove());

function bind(source: BindMount['source'], target: string, changes: Partial<BindMount> = {}): BindMount {
  return { source, target, readonly: false, recursive: false, ...changes };
}

mounts('a directory is shared in both directions', async () => {
  box.write('cache/in', 'from the host\n');
  mkdirSync(join(box.directory, 'skeleton/cache'));
  const { stdout } = await box.shell('cat /cache/in; echo back >/cache/out', {
    mounts: [bind(join(box.directory, 'cache'), '/cache')],
  });
  assert.is(stdout, 'from the host\n');
  assert.is(readFileSync(join(box.directory, 'cache/out'), 'utf8'), 'back\n');
  assert.equal(readdirSync(join(box.directory, 'upper')), []);
});

mounts('a read-only mount refuses writes, also to root', async () => {
  box.write('cache/in', 'x');
  const { stderr } = await box.shell('echo y >/cache/in', {
    mounts: [bind(join(box.directory, 'cache'), '/cache', { readonly: true })],
  });
  assert.match(stderr, /Read-only file system/);
});

mounts('a single file is mounted on a mount point that is made for it', async () => {
  const source = box.write('secret', 'hush\n', 0o400);
  const { stdout } = await box.shell('cat /run/secrets/key', {
    mounts: [bind(source, '/run/secrets/key', { kind: 'file', readonly: true })],
  });
  assert.is(stdout, 'hush\n');
});

mounts('nested mounts are placed from the root down, in whatever order they come', async () => {
  box.write('outer/o', '');
  box.write('inner/i', '');
  const { stdout } = await box.shell('ls /m /m/in', {
    mounts: [bind(join(box.directory, 'inner'), '/m/in'), bind(join(box.directory, 'outer'), '/m')],
    tmpfs: [{ target: '/m/in/deep' }],
  });
  assert.is(stdout, '/m:\nin\no\n\n/m/in:\ndeep\ni\n');
});

mounts('a target is followed through links of the image, and only inside', async () => {
  box.write('outside/file', 'untouched\n');
  box.write('data/file', 'mounted\n');
  mkdirSync(join(box.directory, 'upper/real'));
  symlinkSync('/real', join(box.directory, 'upper/link'));
  symlinkSync(join(box.directory, 'outside'), join(box.directory, 'upper/escape'));
  const data = join(box.directory, 'data');
  const { stdout } = await box.shell('cat /real/file /escape/file', {
    mounts: [bind(data, '/link'), bind(data, '/escape/../../../../real')],
  });
  assert.is(stdout, 'mounted\n');
  assert.is(readFileSync(join(box.directory, 'outside/file'), 'utf8'), 'untouched\n');
});

mounts('a source inside of a root cannot lead out of it', async () => {
  box.write('outside/secret', 'secret\n');
  box.write('root/outside/secret', 'inside\n');
  symlinkSync(join(box.directory, 'outside'), join(box.directory, 'root/absolute'));
  symlinkSync('../outside', join(box.directory, 'root/relative'));
  symlinkSync('/outside', join(box.directory, 'root/rooted'));
  const root = join(box.directory, 'root');
  for (const path of ['relative', 'rooted', '../outside', '/outside']) {
    const { stdout } = await box.shell('cat /m/secret', { mounts: [bind({ root, path }, '/m')] });
    assert.is(stdout, 'inside\n', path);
  }
  await box.shell('true', { mounts: [bind({ root, path: 'absolute' }, '/m')] }).then(
    () => assert.unreachable(),
    (error: { code: string }) => assert.is(error.code, 'NOT_FOUND'),
  );
});

mounts('a source that does not exist is named', async () => {
  await box.run(['true'], { mounts: [bind('/no/such', '/m')] }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'open /no/such: ENOENT (no such file or directory)'),
  );
});

for (const target of ['relative', '', '/', '/..']) {
  mounts(`a target that is no path below the root is refused: ${JSON.stringify(target)}`, async () => {
    await box.run(['true'], { mounts: [bind('/tmp', target)] }).then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /a mount needs an absolute target below \//),
    );
  });
}

mounts('a tmpfs has its size and mode', async () => {
  const { stdout } = await box.shell('stat -c %a /t; df -k /t | tail -1 | awk "{print \\$2}"', {
    tmpfs: [{ target: '/t', size: 1 << 20, mode: 0o700 }],
  });
  assert.is(stdout, '700\n1024\n');
});

mounts('shared memory has the size it was given, and 64 MiB without', async () => {
  const script = 'df -k /dev/shm | tail -1 | awk "{print \\$2}"';
  assert.is((await box.shell(script)).stdout, '65536\n');
  assert.is((await box.shell(script, { shmSize: 1 << 20 })).stdout, '1024\n');
});

mounts.run();
