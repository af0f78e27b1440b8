import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeXattrs } from '../../runner/syscall/index.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { parseSamples, sample, writeSamples } from './samples.ts';

const test = suite('GNU tar');

const LONG_DIRECTORY = `${'d'.repeat(90)}/${'e'.repeat(90)}`;
const LONG_NAME = 'n'.repeat(200);
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

let directory = '';

test.before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gnu-tar-'));
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, LONG_DIRECTORY), { recursive: true });
  writeFileSync(join(tree, LONG_DIRECTORY, 'deep'), 'deep');
  writeFileSync(join(tree, LONG_NAME), 'long');
  writeFileSync(Buffer.from(`${tree}/caf\xe9`, 'latin1'), 'latin1');
  writeFileSync(join(tree, 'tagged'), 'tagged');
  writeFileSync(join(tree, 'old'), '');
  // Node takes a negative number for the present, and a date for what it is.
  utimesSync(join(tree, 'old'), new Date(-86_400_000), new Date(-86_400_000));
  symlinkSync('t'.repeat(150), join(tree, 'link'));
  await writeXattrs([{ path: join(tree, 'tagged'), name: 'user.binary', value: Buffer.from([0, 0xff, 0x0a, 0x3d]) }]);
});

test.after(() => rmSync(directory, { recursive: true, force: true }));

function tar(args: readonly string[], input?: Buffer): Buffer {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return execFileSync('tar', args, { input, cwd: directory, env, maxBuffer: 1 << 28, stdio: 'pipe' });
}

const OWNERS = { gnu: 4_000_000_000, oldgnu: 4_000_000_000, posix: 4_000_000_000, ustar: 2_000_000, v7: 2_000_000 };

for (const [format, owner] of Object.entries(OWNERS)) {
  test(`reads --format=${format}`, () => {
    const options = [`--format=${format}`, `--owner=:${owner}`, `--group=:${owner}`, '--numeric-owner', '--sort=name'];
    const isShort = format === 'v7';
    const names = isShort ? ['tree/tagged', 'tree/caf\xe9'] : ['tree'];
    const excluded = format === 'ustar' ? [`--exclude=${LONG_NAME}`, '--exclude=link', '--exclude=old'] : [];
    const list = Buffer.from(`${names.join('\n')}\n`, 'latin1');
    const found = parseSamples(tar(['-c', ...options, ...excluded, '-T', '-'], list), 777);
    const byPath = new Map(found.map(({ entry, content }) => [entry.path, { entry, content }]));
    assert.is(byPath.get('tree/tagged')?.content.toString(), 'tagged');
    assert.is(byPath.get('tree/caf\xe9')?.entry.uid, owner);
    assert.is(byPath.get('tree/caf\xe9')?.entry.gid, owner);
    if (isShort) return;
    assert.is(byPath.get(`tree/${LONG_DIRECTORY}/deep`)?.content.toString(), 'deep');
    assert.is(byPath.get(`tree/${LONG_DIRECTORY}`)?.entry.type, 'directory');
    if (format === 'ustar') return;
    assert.is(byPath.get(`tree/${LONG_NAME}`)?.content.toString(), 'long');
    assert.is(byPath.get('tree/link')?.entry.linkPath, 't'.repeat(150));
    assert.is(byPath.get('tree/old')?.entry.mtime, -86_400);
  });
}

test('reads attributes with any bytes', () => {
  const archive = tar(['-c', '--xattrs', '--format=posix', 'tree/tagged']);
  const [only] = parseSamples(archive);
  assert.equal(only?.entry.xattrs?.get('user.binary'), Buffer.from([0, 0xff, 0x0a, 0x3d]));
});

for (const format of ['gnu', 'posix']) {
  test(`says that a sparse file of --format=${format} is not supported`, () => {
    execFileSync('truncate', ['--size=1M', join(directory, 'sparse')]);
    const archive = tar(['-c', '--sparse', `--format=${format}`, 'sparse']);
    assert.throws(
      () => parseSamples(archive),
      (error: unknown) => error instanceof TsbuildError && error.code === 'UNSUPPORTED' && error.hint !== undefined,
    );
  });
}

test('lists what we write', () => {
  const archive = writeSamples([
    sample({ path: 'dir', type: 'directory', mode: 0o1777, mtime: 0 }),
    sample({ path: `dir/${LONG_NAME}`, mode: 0o4755, uid: 4_000_000_000, gid: 3, mtime: 0 }, 'content'),
    sample({ path: 'dir/hard', type: 'hardlink', linkPath: `dir/${LONG_NAME}`, mtime: -1 }),
    sample({ path: 'dir/sym', type: 'symlink', mode: 0o777, linkPath: LONG_DIRECTORY, mtime: 1.25 }),
    sample({ path: 'dir/caf\xe9', mtime: 0 }),
    sample({ path: 'dir/null', type: 'char', devMajor: 1, devMinor: 3, mtime: 0 }),
    sample({ path: 'dir/disk', type: 'block', devMajor: 259, devMinor: 1_048_575, mtime: 0 }),
    sample({ path: 'dir/pipe', type: 'fifo', mtime: 2 ** 33 }),
  ]);
  const lines = tar(['-tv', '--numeric-owner', '--full-time', '-f', '-'], archive).toString().trimEnd().split('\n');
  assert.equal(
    lines.map((line) => line.replace(/ +/g, ' ')),
    [
      'drwxrwxrwt 0/0 0 1970-01-01 00:00:00 dir/',
      `-rwsr-xr-x 4000000000/3 7 1970-01-01 00:00:00 dir/${LONG_NAME}`,
      `hrw-r--r-- 0/0 0 1969-12-31 23:59:59 dir/hard link to dir/${LONG_NAME}`,
      `lrwxrwxrwx 0/0 0 1970-01-01 00:00:01.25 dir/sym -> ${LONG_DIRECTORY}`,
      '-rw-r--r-- 0/0 0 1970-01-01 00:00:00 dir/caf\\351',
      'crw-r--r-- 0/0 1,3 1970-01-01 00:00:00 dir/null',
      'brw-r--r-- 0/0 259,1048575 1970-01-01 00:00:00 dir/disk',
      'prw-r--r-- 0/0 0 2242-03-16 12:56:32 dir/pipe',
    ],
  );
});

test('sees the attributes that we write', () => {
  const xattrs = new Map([['security.capability', CAPABILITY]]);
  const listing = tar(
    ['-tvv', '--xattrs', '--xattrs-include=*', '-f', '-'],
    writeSamples([sample({ path: 'ping', xattrs })]),
  ).toString();
  assert.match(listing, `x: ${CAPABILITY.length} security.capability`);
});

test.run();
