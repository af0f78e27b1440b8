import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import type { TestEntry } from '../support/image.ts';
import { withBuild } from './built.ts';

await becomeRoot();

const test = suite('COPY --link');

const dir = (path: string, mode = 0o755): TestEntry => ({ path, type: 'directory', mode });
const BASE: readonly TestEntry[] = [
  dir('etc', 0o700),
  { path: 'etc/kept', content: 'kept' },
  dir('real'),
  { path: 'real/kept', content: 'kept' },
  { path: 'lib', type: 'symlink', mode: 0o777, linkPath: 'real' },
  { path: 'file', content: 'file' },
];
const OTHER: readonly TestEntry[] = [dir('o'), { path: 'o/f', content: 'O', uid: 5, gid: 6, mode: 0o4755 }];
const GIVEN = {
  images: { base: BASE, other: OTHER },
  files: 'printf 1 > a; mkdir -p d/e; printf 2 > d/e/f; printf 3 > d/x',
};

/** A change below, and what COPY without --link would do with it, is not seen. */
const ROWS: readonly (readonly [what: string, copy: string, gives: readonly string[]])[] = [
  [
    'replaces a link at the destination with a directory, and gives directories its own modes',
    'COPY --link a /lib/etc/\nCOPY --link a /etc/b',
    [
      'etc directory 755 0:0',
      'etc/b file 644 0:0 "1"',
      'etc/kept file 644 0:0 "kept"',
      'file file 644 0:0 "file"',
      'lib directory 755 0:0',
      'lib/etc directory 755 0:0',
      'lib/etc/a file 644 0:0 "1"',
      'real directory 755 0:0',
      'real/kept file 644 0:0 "kept"',
    ],
  ],
  [
    'replaces a directory with a file and a file with a directory',
    'COPY --link a /real\nCOPY --link d /file\nCOPY --link --exclude=x d /lib',
    [
      'etc directory 700 0:0',
      'etc/kept file 644 0:0 "kept"',
      'file directory 755 0:0',
      'file/e directory 755 0:0',
      'file/e/f file 644 0:0 "2"',
      'file/x file 644 0:0 "3"',
      'lib directory 755 0:0',
      'lib/e directory 755 0:0',
      'lib/e/f file 644 0:0 "2"',
      'real file 644 0:0 "1"',
    ],
  ],
];

for (const [what, copy, gives] of ROWS) {
  test(`trap 41: --link ${what}`, () =>
    withBuild(GIVEN, async (builder) => {
      assert.equal((await builder.build(`FROM base\n${copy}\n`)).lines, gives);
    }));
}

test('trap 41: --link works with every other flag', () =>
  withBuild(GIVEN, async (builder) => {
    const dockerfile = [
      'FROM scratch',
      'COPY --link --from=other /o /n/',
      'COPY --link --chown=1:2 --chmod=u=rwX,go= --parents --exclude=**/x d /n/',
      'COPY --link --chmod=0600 --chown=root <<F /n/here',
      'text',
      'F',
      'ADD --link a /n/',
    ];
    assert.equal((await builder.build(`${dockerfile.join('\n')}\n`)).lines, [
      'n directory 755 0:0',
      'n/a file 644 0:0 "1"',
      'n/d directory 700 1:2',
      'n/d/e directory 700 1:2',
      'n/d/e/f file 600 1:2 "2"',
      'n/f file 4755 5:6 "O"',
      'n/here file 600 0:0 "text\\n"',
    ]);
  }));

test('trap 41: a changed base keeps the layer: a hit, the same digest, and nothing of the base unpacked', () =>
  withBuild(GIVEN, async (builder) => {
    const layerOf = async (base: string) => {
      const destination = `${builder.directory}/${base}.tar`;
      const built = await builder.build(`FROM ${base}\nCOPY --link d /n/\n`, {
        outputs: [{ type: 'oci', destination, names: [] }],
      });
      return { ...built, unpacked: builder.unpackedLayers(), layer: builder.layersOf(destination).at(-1) };
    };
    const first = await layerOf('base');
    const second = await layerOf('other');
    assert.equal([first.executed, first.unpacked], [['COPY --link d /n/'], 1]);
    assert.equal([second.executed, second.cached, second.unpacked], [[], ['COPY --link d /n/'], 1]);
    assert.is(second.layer, first.layer);
  }));

test('trap 41: a RUN sees a stack in which the same layer is linked twice', () =>
  withBuild({ busybox: true, files: 'printf 1 > a' }, async (builder) => {
    const copy = 'COPY --link a /n/a';
    const { output } = await builder.build(`FROM busybox\n${copy}\nRUN rm /n/a\n${copy}\nRUN ls /n && cat /n/a\n`);
    assert.is(output, 'a\n1');
  }));

test.run();
