import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needProgram } from '../house/programs.ts';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';
import { makeTar, type TestEntry } from '../support/image.ts';

await becomeRoot();

const test = suite('ADD of local archives');

const ENTRIES: readonly TestEntry[] = [
  { path: 'd', type: 'directory', mode: 0o2750, uid: 5, gid: 6 },
  { path: 'd/f', content: 'content', mode: 0o4755, uid: 7, xattrs: new Map([['user.note', Buffer.from('n')]]) },
  { path: 'd/h', type: 'hardlink', linkPath: 'd/f' },
  { path: 'd/l', type: 'symlink', mode: 0o777, linkPath: '../../../etc' },
  { path: 'p', type: 'fifo', mode: 0o600 },
];
const UNPACKED = [
  'n directory 755 0:0',
  'n/d directory 2750 5:6',
  'n/d/f file 4755 7:0 "content" user.note=6e',
  'n/d/h hardlink n/d/f',
  'n/d/l symlink 777 0:0 ../../../etc',
  'n/p fifo 600 0:0',
];

const through = (program: 'bzip2' | 'xz' | 'zstd') => (tar: Buffer) =>
  execFileSync(needProgram(program), ['-c'], { input: tar, maxBuffer: 2 * tar.length + 4096 });
const COMPRESSIONS: Readonly<Record<string, (tar: Buffer) => Buffer>> = {
  plain: (tar) => tar,
  gzip: (tar) => gzipSync(tar),
  bzip2: through('bzip2'),
  xz: through('xz'),
  zstd: through('zstd'),
};

/** ADD of one file called `name`, to /n. */
function added(
  name: string,
  content: Buffer,
  work: (builder: TestBuilder, add: string) => Promise<void>,
): Promise<void> {
  return TestBuilder.with(async (builder) => {
    writeFileSync(join(builder.context, name), content);
    await work(builder, `FROM scratch\nADD ${name} /n/\n`);
  });
}

for (const [name, compress] of Object.entries(COMPRESSIONS)) {
  test(`trap 43: ${name}, by content and not by name`, () =>
    added('no-archive.txt', compress(makeTar(ENTRIES)), async (builder, add) => {
      assert.equal((await builder.build(add)).lines, UNPACKED);
    }));
}

test('the format before ustar', () =>
  added(
    'v7',
    execFileSync('tar', ['--format=v7', '-C', import.meta.dirname, '-cf', '-', 'copy-add.test.ts']),
    async (builder, add) => {
      assert.equal(
        (await builder.build(add)).lines.map((line) => line.split(' ')[0]),
        ['n', 'n/copy-add.test.ts'],
      );
    },
  ));

const NO_ARCHIVES: Readonly<Record<string, Buffer>> = {
  'an empty file': Buffer.alloc(0),
  text: Buffer.from('text\n'.repeat(500)),
  zeros: Buffer.alloc(4096),
  'a tar without members, compressed': gzipSync(Buffer.alloc(1024)),
  'text, compressed': gzipSync(Buffer.from('text')),
  'what only begins like gzip': Buffer.from([0x1f, 0x8b, 0x08, 1, 2, 3]),
  'what only begins like bzip2': Buffer.from('BZhello world'),
  'what only begins like xz': Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x41]),
  'what only begins like zstd': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff]),
};

for (const [what, content] of Object.entries(NO_ARCHIVES)) {
  test(`trap 43: ${what} is copied as it is`, () =>
    added('file.tar', content, async (builder, add) => {
      const expected = `n/file.tar file 644 0:0 ${JSON.stringify(content.toString('latin1'))}`;
      assert.equal(
        (await builder.build(add)).timed.map((line) => line.split(' ')[0]),
        ['n', 'n/file.tar'],
      );
      assert.ok(what === 'text' || (await builder.build(add)).lines.includes(expected));
    }));
}

const ROWS: readonly (readonly [what: string, add: string, lines: readonly string[]])[] = [
  ['--chown changes every owner', 'ADD --chown=1:2 a.tar /n', ['n directory 755 1:2', 'n/f file 600 1:2 "new"']],
  ['COPY does not unpack', 'COPY a.tar /', []],
  ['--unpack=false does not unpack', 'ADD --unpack=false a.tar /', []],
  ['--unpack does', 'ADD --unpack a.tar /n', ['n directory 755 0:0', 'n/f file 600 7:8 "new"']],
  [
    '--chmod changes no mode of an archive',
    'ADD --chmod=711 a.tar /n',
    ['n directory 755 0:0', 'n/f file 600 7:8 "new"'],
  ],
  ['--link', 'ADD --link --chown=3 a.tar /n', ['n directory 755 3:3', 'n/f file 600 3:3 "new"']],
  [
    'the destination is a directory, with or without slash',
    'ADD a.tar /n',
    ['n directory 755 0:0', 'n/f file 600 7:8 "new"'],
  ],
  ['an archive in a directory stays one', 'ADD in /n', ['n directory 755 0:0']],
  [
    'files beside archives',
    'ADD a.tar x /n/',
    ['n directory 755 0:0', 'n/f file 600 7:8 "new"', 'n/x file 644 0:0 "x"'],
  ],
];

for (const [what, add, lines] of ROWS) {
  test(what, () =>
    TestBuilder.with(async (builder) => {
      writeFileSync(
        join(builder.context, 'a.tar'),
        makeTar([{ path: './f', content: 'new', mode: 0o600, uid: 7, gid: 8 }]),
      );
      builder.shell('mkdir in; cp a.tar in/; printf x > x');
      const built = await builder.build(`FROM scratch\n${add}\n`);
      assert.equal(
        built.lines.filter((line) => !line.includes('a.tar')),
        lines,
      );
      assert.is(
        built.lines.some((line) => line.includes('a.tar')),
        /COPY|=false| in /.test(add),
      );
    }),
  );
}

test('what an archive holds replaces files and directories of the image', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('base', [
      [
        { path: 'n', type: 'directory', mode: 0o700, uid: 3 },
        { path: 'n/d', type: 'directory', mode: 0o700, uid: 3 },
        { path: 'n/d/kept' },
        { path: 'n/file', content: 'old' },
        { path: 'n/tree', type: 'directory', mode: 0o755 },
        { path: 'n/tree/gone' },
      ],
    ]);
    const tar = makeTar([
      { path: 'd', type: 'directory', mode: 0o755 },
      { path: 'file', type: 'directory', mode: 0o755 },
      { path: 'tree', content: 'file' },
    ]);
    writeFileSync(join(builder.context, 'a.tar'), tar);
    assert.equal((await builder.build('FROM base\nADD a.tar /n\n')).lines, [
      'n directory 700 3:0',
      'n/d directory 755 0:0',
      'n/d/kept file 644 0:0 ""',
      'n/file directory 755 0:0',
      'n/tree file 644 0:0 "file"',
    ]);
  }));

const HOSTILE: readonly (readonly [what: string, entries: readonly TestEntry[], ends: RegExp | readonly string[]])[] = [
  ['a path with ..', [{ path: '../../f' }], /^INVALID: /],
  ['a hard link out of the destination', [{ path: 'h', type: 'hardlink', linkPath: '../secret' }], /^INVALID: /],
  [
    'a link, and a file through it: it stays in the destination',
    [
      { path: 'l', type: 'symlink', mode: 0o777, linkPath: '../../../../../../tmp' },
      { path: 'l/tsbuild-escaped', content: 'x' },
    ],
    [
      'n directory 755 0:0',
      'n/l symlink 777 0:0 ../../../../../../tmp',
      'n/tmp directory 755 0:0',
      'n/tmp/tsbuild-escaped file 644 0:0 "x"',
      'secret file 600 0:0 ""',
    ],
  ],
  [
    'an absolute path',
    [{ path: '/f', content: 'x' }],
    ['n directory 755 0:0', 'n/f file 644 0:0 "x"', 'secret file 600 0:0 ""'],
  ],
  [
    'an absolute link, and a file through it: it stays in the destination',
    [
      { path: 'l', type: 'symlink', mode: 0o777, linkPath: '/' },
      { path: 'l/secret', content: 'x' },
    ],
    ['n directory 755 0:0', 'n/l symlink 777 0:0 /', 'n/secret file 644 0:0 "x"', 'secret file 600 0:0 ""'],
  ],
  [
    'a hard link through a link out of the destination',
    [
      { path: 'l', type: 'symlink', mode: 0o777, linkPath: '..' },
      { path: 'h', type: 'hardlink', linkPath: 'l/secret' },
    ],
    /^INVALID: cannot unpack a.tar: the archive links \/n\/h to a file that does not exist/,
  ],
  [
    'a directory in the place of a link replaces it, and is not what it leads to',
    [
      { path: 'l', type: 'symlink', mode: 0o777, linkPath: '..' },
      { path: 'l', type: 'directory', mode: 0o700 },
      { path: 'l/f', content: 'x' },
    ],
    ['n directory 755 0:0', 'n/l directory 700 0:0', 'n/l/f file 644 0:0 "x"', 'secret file 600 0:0 ""'],
  ],
  [
    'the archive’s own root leaves the destination as it is',
    [{ path: './', type: 'directory', mode: 0, uid: 9 }],
    ['n directory 755 0:0', 'secret file 600 0:0 ""'],
  ],
  [
    'links that go round',
    [
      { path: 'l', type: 'symlink', mode: 0o777, linkPath: 'm' },
      { path: 'm', type: 'symlink', mode: 0o777, linkPath: 'l' },
      { path: 'l/f' },
    ],
    /^INVALID: cannot unpack a.tar: too many levels/,
  ],
  ['a device that means a whiteout', [{ path: 'f', type: 'char', devMajor: 0, devMinor: 0 }], /^INVALID: /],
];

for (const [what, entries, ends] of HOSTILE) {
  test(`hostile: ${what}`, () =>
    TestBuilder.with(async (builder) => {
      await builder.addImage('base', [[{ path: 'secret', mode: 0o600 }]]);
      writeFileSync(join(builder.context, 'a.tar'), makeTar(entries));
      const dockerfile = 'FROM base\nADD a.tar /n\n';
      if (ends instanceof RegExp) assert.match(await builder.failure(dockerfile), ends);
      else assert.equal((await builder.build(dockerfile)).lines, ends);
    }));
}

/** The first member is whole, so that it is an archive; what follows is not what it should be. */
const DAMAGED: Readonly<Record<string, (tar: Buffer) => Buffer>> = {
  'a truncated tar': (tar) => tar.subarray(0, tar.length - 40_000),
  'a truncated gzip': (tar) => gzipSync(tar).subarray(0, -40_000),
  'a gzip with a changed byte': (tar) => {
    const gzip = gzipSync(tar);
    gzip.writeUInt8(gzip.readUInt8(gzip.length - 20_000) ^ 0xff, gzip.length - 20_000);
    return gzip;
  },
  'a truncated zstd': (tar) => through('zstd')(tar).subarray(0, -40_000),
  'a truncated xz': (tar) => through('xz')(tar).subarray(0, -40_000),
  'a truncated bzip2': (tar) => through('bzip2')(tar).subarray(0, -40_000),
};

for (const [what, damage] of Object.entries(DAMAGED)) {
  test(`${what} is an error that names the file, and leaves nothing`, () =>
    TestBuilder.with(async (builder) => {
      const content = randomBytes(1_000_000);
      const tar = makeTar([{ path: 'first' }, { path: 'second', content }, { path: 'third', content }]);
      writeFileSync(join(builder.context, 'a.tar'), damage(tar));
      assert.match(await builder.failure('FROM scratch\nADD a.tar /n\n'), /^INVALID: cannot unpack a.tar: /);
      assert.is(builder.unpackedLayers(), 0);
    }));
}

test('a whiteout’s name in an archive cannot become a layer', () =>
  TestBuilder.with(async (builder) => {
    writeFileSync(join(builder.context, 'a.tar'), makeTar([{ path: '.wh.etc' }]));
    const outputs = [{ type: 'oci' as const, destination: join(builder.directory, 'image.tar'), names: [] }];
    assert.match(await builder.failure('FROM scratch\nADD a.tar /\n', { outputs }), /^INVALID: .*begins with \.wh\./);
  }));

test.run();
