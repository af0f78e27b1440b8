import { closeSync, lstatSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needsUserNamespace } from '../../runner/index.ts';
import { lock, lockAll, makeNodes, readXattrs, setTimes, writeXattrs } from '../../runner/syscall/index.ts';

const files = suite('batches of file system calls');
let directory = '';
const path = (name: string): string => join(directory, name);

files.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-files-'));
});
files.after.each(() => rmSync(directory, { recursive: true, force: true }));

files('an empty batch is nothing', async () => {
  assert.equal(await makeNodes([]), []);
  assert.equal(await setTimes([]), []);
  assert.is((await readXattrs([])).size, 0);
});

files('a fifo has the mode it was given, whatever the umask', async () => {
  const outcome = await makeNodes([{ path: path('fifo'), type: 'fifo', mode: 0o4622, major: 0, minor: 0 }]);
  assert.equal(outcome, [undefined]);
  assert.is(lstatSync(path('fifo')).mode, 0o014622);
});

if (!needsUserNamespace()) {
  const NUMBERS: [number, number][] = [
    [0, 0],
    [1, 3],
    [259, 70_000],
    [4095, 0xfffff],
  ];
  files('device nodes have their numbers, also large ones', async () => {
    const items = NUMBERS.map(([major, minor], index) => {
      return {
        path: path(`n${index}`),
        type: index % 2 ? ('block' as const) : ('char' as const),
        mode: 0o600,
        major,
        minor,
      };
    });
    assert.equal(await makeNodes(items), [undefined, undefined, undefined, undefined]);
    NUMBERS.forEach(([major, minor], index) => {
      const device = lstatSync(path(`n${index}`), { bigint: true }).rdev;
      const found = [
        ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn),
        (device & 0xffn) | ((device >> 12n) & ~0xffn),
      ];
      assert.equal(found, [BigInt(major), BigInt(minor)]);
    });
  });
}

files('an item that fails does not stop the others', async () => {
  const fifo = (name: string) => ({ path: path(name), type: 'fifo' as const, mode: 0o600, major: 0, minor: 0 });
  assert.equal(await makeNodes([fifo('a'), fifo('a'), fifo('no/b'), fifo('c')]), [
    undefined,
    'EEXIST',
    'ENOENT',
    undefined,
  ]);
});

files('attributes come back as the bytes they were, of the file and of no link to it', async () => {
  writeFileSync(path('f'), '');
  symlinkSync('f', path('link'));
  const bytes = Buffer.from([0, 1, 0xff, 0x80]);
  const set = (name: string, value: Buffer) => ({ path: path('f'), name, value });
  const items = [
    set('user.bytes', bytes),
    set('user.empty', Buffer.alloc(0)),
    set('user.n\xc3\xa4me', Buffer.from('x')),
  ];
  assert.equal(await writeXattrs(items), [undefined, undefined, undefined]);
  const found = await readXattrs([path('f'), path('link'), path('gone'), '/proc/self/status']);
  assert.equal(
    [...(found.get(path('f')) ?? [])].filter(([name]) => name.startsWith('user.')).sort(([a], [b]) => (a < b ? -1 : 1)),
    items.map(({ name, value }) => [name, value]).sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
  );
  for (const other of [path('link'), path('gone')]) assert.not.ok(found.has(other));
});

files('names that are not UTF-8 are reached', async () => {
  const name = `${directory}/caf\xe9`;
  writeFileSync(Buffer.from(name, 'latin1'), '');
  assert.equal(await setTimes([{ path: name, mtimeSec: 1, mtimeNsec: 0 }]), [undefined]);
  assert.is(lstatSync(Buffer.from(name, 'latin1')).mtimeMs, 1000);
});

files('times are exact, may lie before the epoch, and are those of a link itself', async () => {
  writeFileSync(path('f'), '');
  symlinkSync('f', path('link'));
  const times: [string, number, number][] = [
    ['f', 1_700_000_000, 123_456_789],
    ['link', -5, 1],
  ];
  const items = times.map(([name, mtimeSec, mtimeNsec]) => ({ path: path(name), mtimeSec, mtimeNsec }));
  assert.equal(await setTimes([...items, { path: path('gone'), mtimeSec: 0, mtimeNsec: 0 }]), [
    undefined,
    undefined,
    'ENOENT',
  ]);
  for (const [name, sec, nsec] of times) {
    assert.is(lstatSync(path(name), { bigint: true }).mtimeNs, BigInt(sec) * 1_000_000_000n + BigInt(nsec));
  }
});

files('more items than fit into one program are done in several', async () => {
  writeFileSync(path('f'), '');
  const value = Buffer.alloc(2000, 'x');
  const items = Array.from({ length: 20_000 }, (_, index) => {
    return { path: path(index % 100 === 0 ? 'gone' : 'f'), name: 'user.a', value };
  });
  const outcomes = await writeXattrs(items);
  assert.is(outcomes.length, 20_000);
  assert.is(outcomes.filter((outcome) => outcome === 'ENOENT').length, 200);
  assert.is(outcomes[19_900], 'ENOENT');
  assert.is(outcomes[19_901], undefined);
});

files('a lock outlives the process that took it and belongs to our descriptor', async () => {
  writeFileSync(path('f'), '');
  const [a, b] = [openSync(path('f'), 'r'), openSync(path('f'), 'r')];
  assert.is(await lock(a, 'exclusive', false), true);
  assert.is(await lock(b, 'shared', false), false);
  assert.is(await lock(a, 'shared', false), true);
  assert.is(await lock(b, 'shared', false), true);
  closeSync(a);
  assert.is(await lock(b, 'exclusive', false), true);
  closeSync(b);
});

files('a lock is waited for until it is free, or the wait is cancelled', async () => {
  writeFileSync(path('f'), '');
  const [a, b] = [openSync(path('f'), 'r'), openSync(path('f'), 'r')];
  await lock(a, 'exclusive', false);
  const controller = new AbortController();
  const cancelled = lock(b, 'exclusive', true, controller.signal).catch((error: unknown) => error);
  controller.abort();
  assert.is(((await cancelled) as { code?: string }).code, 'CANCELLED');
  const waiting = lock(b, 'exclusive', true);
  setTimeout(() => closeSync(a), 30);
  assert.is(await waiting, true);
  closeSync(b);
});

files('several locks are taken all or none', async () => {
  const open = (name: string): number => openSync(path(name), 'w+');
  const [a, b, otherA, otherB] = [open('a'), open('b'), openSync(path('a'), 'r'), openSync(path('b'), 'r')];
  await lock(otherB, 'shared', false);
  const items = [
    { fd: a, mode: 'exclusive' as const },
    { fd: b, mode: 'exclusive' as const },
  ];
  assert.is(await lockAll(items, false), false);
  assert.is(await lock(otherA, 'exclusive', false), true);
  closeSync(otherA);
  closeSync(otherB);
  assert.is(await lockAll(items, false), true);
  for (const fd of [a, b]) closeSync(fd);
});

files.run();
