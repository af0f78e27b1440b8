import { suite } from 'uvu';
import { becomeRoot } from '../runner/kit.ts';
import type { TestEntry } from '../support/image.ts';
import { type TrapRow, testTraps } from './built.ts';

await becomeRoot();

const test = suite('flags of COPY');

const dir = (path: string, fields: Partial<TestEntry> = {}): TestEntry => ({
  path,
  type: 'directory',
  mode: 0o755,
  ...fields,
});
/** What `FROM base` brings, and what the image `other` holds. */
const BASE: readonly TestEntry[] = [dir('have', { mode: 0o700, uid: 7 }), dir('have/a', { mode: 0o700, uid: 8 })];
const OTHER: readonly TestEntry[] = [
  dir('a', { mode: 0o750, uid: 1, gid: 2 }),
  dir('a/b', { mode: 0o2770, uid: 3 }),
  { path: 'a/b/f', content: 'f', uid: 4, mode: 0o600 },
  { path: 'a/b/g.c', content: 'g', uid: 5 },
  dir('a/c', { uid: 6 }),
  { path: 'a/c/f', content: 'cf' },
  { path: 'a/l', type: 'symlink', mode: 0o777, linkPath: 'b' },
];

const TREE = `mkdir -p x/y/z x/w; printf 1 > x/y/1.c; printf 2 > x/y/z/2.c; printf 3 > x/w/3.h; printf 4 > top.c
chmod 750 x; chmod 711 x/y; ln -s y x/link`;
const MODES =
  'mkdir -p d/e; printf 1 > d/f; printf 2 > d/x; chmod 4640 d/f; chmod 744 d/x; chmod 1700 d/e; ln -s f d/l';
const MODE_TREE = (e: string, f: string, x: string) => [
  'n directory 755 0:0',
  `n/e directory ${e} 0:0`,
  `n/f file ${f} 0:0 "1"`,
  'n/l symlink 777 0:0 f',
  `n/x file ${x} 0:0 "2"`,
];

type Row = Omit<TrapRow, 'dockerfile' | 'images'> & { lines: string };

const ROWS: readonly Row[] = [
  ...(
    [
      ['u=rwX,go=rX', '1755', '644', '755'],
      ['a+x', '1711', '4751', '755'],
      ['g-w', '1700', '4640', '744'],
      ['go=u', '1777', '4666', '777'],
      ['u+s,g+s,o+t', '7700', '6640', '6744'],
      ['u-s,a-t', '700', '640', '744'],
      ['+w', '1700', '4640', '744'],
      ['a+X', '1711', '4640', '755'],
      ['u=', '1000', '40', '44'],
      ['=r', '1444', '444', '444'],
      ['u=rw-x+x', '1700', '740', '744'],
      ['a=', '1000', '0', '0'],
    ] as const
  ).map(
    ([mode, e, f, x]): Row => ({
      trap: `38: --chmod=${mode}`,
      files: MODES,
      lines: `COPY --chmod=${mode} d /n`,
      gives: MODE_TREE(e, f, x),
    }),
  ),
  {
    trap: '38: a symbolic mode with variables, of a file in place, and not of parents',
    lines: 'ENV who=g\nCOPY --chmod=u+x,$who=w <<F /n/\nF',
    gives: ['n directory 755 0:0', 'n/F file 724 0:0 ""'],
  },
  {
    trap: '39: without a pivot the whole path is kept, with modes and owners of the source',
    lines: 'COPY --from=other --parents /a/b/f /n/',
    gives: ['n directory 755 0:0', 'n/a directory 750 1:2', 'n/a/b directory 2770 3:0', 'n/a/b/f file 600 4:0 "f"'],
  },
  {
    trap: '39: the pivot is the first /./',
    lines: 'COPY --from=other --parents /a/./b/./f /n/',
    gives: ['n directory 755 0:0', 'n/b directory 2770 3:0', 'n/b/f file 600 4:0 "f"'],
  },
  {
    trap: '39: wildcards before the pivot and behind it, several sources',
    lines: 'COPY --from=other --parents /*/./b/g.* /a/c /n/',
    gives: [
      'n directory 755 0:0',
      'n/a directory 750 1:2',
      'n/a/c directory 755 6:0',
      'n/a/c/f file 644 0:0 "cf"',
      'n/b directory 2770 3:0',
      'n/b/g.c file 644 5:0 "g"',
    ],
  },
  {
    trap: '39: ** is any number of levels, and only here',
    files: TREE,
    lines: 'COPY --parents **/*.c /n/\nCOPY **/*.c /m/',
    gives: [
      'n directory 755 0:0',
      'n/top.c file 644 0:0 "4"',
      'n/x directory 750 0:0',
      'n/x/y directory 711 0:0',
      'n/x/y/1.c file 644 0:0 "1"',
      'n/x/y/z directory 755 0:0',
      'n/x/y/z/2.c file 644 0:0 "2"',
    ],
  },
  {
    trap: '39: a directory that exists takes over the mode on the way, and keeps its owner',
    lines: 'COPY --from=other --parents /a/c/f /have',
    gives: ['have/a directory 750 8:0', 'have/a/c directory 755 6:0', 'have/a/c/f file 644 0:0 "cf"'],
  },
  {
    trap: '39: --chown and --chmod apply to parents too',
    lines: 'COPY --from=other --parents --chown=9 --chmod=500 /a/b/f /n/',
    gives: ['n directory 500 9:9', 'n/a directory 500 9:9', 'n/a/b directory 500 9:9', 'n/a/b/f file 500 9:9 "f"'],
  },
  {
    trap: '39: a wildcard without a match makes the destination and nothing in it',
    lines: 'COPY --from=other --parents /a/b2*/c /n/',
    gives: ['n directory 755 0:0'],
  },
  {
    trap: '39: a missing path fails',
    lines: 'COPY --from=other --parents /a/./no /n/',
    gives: /^NOT_FOUND: "\/a\/no" not found in the stage/,
  },
  {
    trap: '39: a link is copied as a link, and no way',
    lines: 'COPY --from=other --parents /a/l /a/l/* /n/',
    gives: ['n directory 755 0:0', 'n/a directory 750 1:2', 'n/a/l symlink 777 0:0 b'],
  },
  {
    trap: '40: --exclude is relative to each source',
    files: TREE,
    lines: 'COPY --exclude=y/*.c --exclude=3.h x x/w /n/',
    gives: [
      'n directory 755 0:0',
      'n/link symlink 777 0:0 y',
      'n/w directory 755 0:0',
      'n/w/3.h file 644 0:0 "3"',
      'n/y directory 711 0:0',
      'n/y/z directory 755 0:0',
      'n/y/z/2.c file 644 0:0 "2"',
    ],
  },
  {
    trap: '40: a slash at the beginning of --exclude matches nothing',
    files: 'mkdir x; printf 1 > x/f',
    lines: 'COPY --exclude=/f x /n/',
    gives: ['n directory 755 0:0', 'n/f file 644 0:0 "1"'],
  },
  {
    trap: '40: ** and ! in --exclude; what is on the way to a path taken back in is made',
    files: TREE,
    lines: 'COPY --exclude=y --exclude=!y/z/2.c --exclude=**/*.h x /n/',
    gives: [
      'n directory 755 0:0',
      'n/link symlink 777 0:0 y',
      'n/w directory 755 0:0',
      'n/y directory 711 0:0',
      'n/y/z directory 755 0:0',
      'n/y/z/2.c file 644 0:0 "2"',
    ],
  },
  {
    trap: '40: a source that is a file is not excluded',
    files: TREE,
    lines: 'COPY --exclude=*.c *.c /n/',
    gives: ['n directory 755 0:0', 'n/top.c file 644 0:0 "4"'],
  },
  {
    trap: '40: ADD --exclude, COPY --from --exclude',
    files: TREE,
    lines: 'ADD --exclude=** x /n/\nCOPY --from=other --exclude=b --exclude=c /a /m/',
    gives: ['m directory 755 0:0', 'm/l symlink 777 0:0 b', 'n directory 755 0:0'],
  },
];

testTraps(
  test,
  { base: BASE, other: OTHER },
  ROWS.map(({ lines, ...row }) => ({ ...row, dockerfile: `FROM base\n${lines}\n` })),
);

test.run();
