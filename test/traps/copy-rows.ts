import type { TestEntry } from '../support/image.ts';

const dir = (path: string, fields: Partial<TestEntry> = {}): TestEntry => ({
  path,
  type: 'directory',
  mode: 0o755,
  ...fields,
});
const link = (path: string, linkPath: string): TestEntry => ({ path, type: 'symlink', mode: 0o777, linkPath });

/** cap_net_raw, as the kernel keeps it (struct vfs_cap_data, version 2). */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

/** What `FROM base` brings. */
export const BASE: readonly TestEntry[] = [
  dir('etc'),
  { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n' },
  { path: 'etc/group', content: 'root:x:0:\nstaff:x:50:\napp:x:1001:\n' },
  dir('have', { mode: 0o2750, uid: 7, gid: 8 }),
  { path: 'have/f', content: 'old', mode: 0o600, uid: 9 },
  dir('have/sub', { mode: 0o700, uid: 7 }),
  link('inside', '/have'),
  link('relative', 'have/sub'),
  link('dangling', '/made/here'),
  link('climbing', '../../../../up'),
  link('round', 'round'),
  { path: 'file', content: 'file' },
];

/** What the image `other` holds: owners, modes and attributes that must survive. */
export const OTHER: readonly TestEntry[] = [
  dir('src', { mode: 0o750, uid: 10, gid: 20 }),
  {
    path: 'src/a',
    content: 'A',
    mode: 0o4711,
    uid: 11,
    gid: 21,
    xattrs: new Map([['security.capability', CAPABILITY]]),
  },
  { path: 'src/b', type: 'hardlink', linkPath: 'src/a' },
  link('src/l', 'a'),
  { path: 'src/p', type: 'fifo', mode: 0o622, uid: 12 },
  dir('src/d', { mode: 0o1777, uid: 13, gid: 23 }),
  { path: 'src/d/deep', content: 'deep', uid: 14 },
  dir('usr'),
  dir('usr/lib'),
  { path: 'usr/lib/x.so', content: 'so' },
  link('lib', 'usr/lib'),
  link('abs', '/usr/lib/x.so'),
  link('out', '../../../etc/shadow'),
];

export interface Row {
  /** The number of the trap in the reference's behaviour, or a few words. */
  trap: string;
  /** Makes the build context. */
  files?: string;
  /** What follows `FROM base`. */
  lines: string;
  /** What the result has and the base has not, or the beginning of an error. */
  gives: readonly string[] | RegExp;
}

const TREE = 'mkdir -p dir/sub; printf 1 > dir/a; printf 2 > dir/sub/b; printf 3 > f; printf 4 > g';

export const ROWS: readonly Row[] = [
  {
    trap: '23: a directory brings its content',
    files: TREE,
    lines: 'COPY dir /n/',
    gives: ['n directory 755 0:0', 'n/a file 644 0:0 "1"', 'n/sub directory 755 0:0', 'n/sub/b file 644 0:0 "2"'],
  },
  {
    trap: '23: a wildcard flattens directories',
    files: `mkdir w; cd w; ${TREE}`,
    lines: 'COPY w/* /n/',
    gives: [
      'n directory 755 0:0',
      'n/a file 644 0:0 "1"',
      'n/f file 644 0:0 "3"',
      'n/g file 644 0:0 "4"',
      'n/sub directory 755 0:0',
      'n/sub/b file 644 0:0 "2"',
    ],
  },
  {
    trap: '24: * matches a dot file',
    files: 'printf 1 > .dot; mkdir d; printf 2 > d/x',
    lines: 'COPY .d* *ot /n/',
    gives: ['n directory 755 0:0', 'n/.dot file 644 0:0 "1"'],
  },
  {
    trap: '24: * does not match a slash',
    files: 'mkdir -p d/e; printf 2 > d/e/x.c',
    lines: 'COPY d/*.c *.c /n/',
    gives: [],
  },
  {
    trap: '24: ? and classes',
    files: 'printf 1 > a1; printf 2 > a2; printf 3 > ab; printf 4 > öx',
    lines: 'COPY a[0-9] ?x /n/',
    gives: ['n directory 755 0:0', 'n/a1 file 644 0:0 "1"', 'n/a2 file 644 0:0 "2"', 'n/\xc3\xb6x file 644 0:0 "4"'],
  },
  { trap: '24: a bad pattern', files: TREE, lines: 'COPY a[ /n/', gives: /^INVALID: / },
  { trap: '25: a wildcard without a match', files: TREE, lines: 'COPY nothing* /n/', gives: [] },
  {
    trap: '25: a missing file',
    files: TREE,
    lines: 'COPY nothing /n/',
    gives: /^NOT_FOUND: "\/nothing" not found in the build context/,
  },
  { trap: '25: a path through a file', files: TREE, lines: 'COPY f/x /n/', gives: /^NOT_FOUND: / },
  { trap: '25: a name that is too long', files: TREE, lines: `COPY ${'x'.repeat(300)} /n/`, gives: /^NOT_FOUND: / },
  {
    trap: '26: a file to a directory without slash',
    files: TREE,
    lines: 'COPY f /have',
    gives: ['have/f file 644 0:0 "3"'],
  },
  {
    trap: '26: a file to a name',
    files: TREE,
    lines: 'COPY f /n/name',
    gives: ['n directory 755 0:0', 'n/name file 644 0:0 "3"'],
  },
  {
    trap: '27: a destination of .',
    files: TREE,
    lines: 'WORKDIR /w\nCOPY f .',
    gives: ['w directory 755 0:0', 'w/f file 644 0:0 "3"'],
  },
  {
    trap: '27: an empty destination',
    files: TREE,
    lines: 'WORKDIR /w\nARG none\nCOPY f "$none"',
    gives: ['w directory 755 0:0', 'w/f file 644 0:0 "3"'],
  },
  {
    trap: '28: .. stops at the root of the context',
    files: TREE,
    lines: 'COPY ../../../f /n/\nCOPY /g /n/',
    gives: ['n directory 755 0:0', 'n/f file 644 0:0 "3"', 'n/g file 644 0:0 "4"'],
  },
  {
    trap: '28: .. of a destination stops at /',
    files: TREE,
    lines: 'COPY f ../../../n',
    gives: ['n file 644 0:0 "3"'],
  },
  { trap: '28: --from starts at /', lines: 'COPY --from=stage sub/x /n', gives: ['n file 644 0:0 "from-root\\n"'] },
  {
    trap: '29: a link as source is followed',
    files: `${TREE}; ln -s dir/a l; ln -s dir ld`,
    lines: 'COPY l /n/\nCOPY ld /m/',
    gives: [
      'm directory 755 0:0',
      'm/a file 644 0:0 "1"',
      'm/sub directory 755 0:0',
      'm/sub/b file 644 0:0 "2"',
      'n directory 755 0:0',
      'n/l file 644 0:0 "1"',
    ],
  },
  {
    trap: '29: links in a directory stay links',
    files: 'mkdir d; ln -s /etc/passwd d/abs; ln -s ../.. d/up; ln -s no d/dangling',
    lines: 'COPY d /n/',
    gives: [
      'n directory 755 0:0',
      'n/abs symlink 777 0:0 /etc/passwd',
      'n/dangling symlink 777 0:0 no',
      'n/up symlink 777 0:0 ../..',
    ],
  },
  {
    trap: '29: a link out of the context leads nowhere',
    files: 'ln -s /etc/passwd l',
    lines: 'COPY l /n/',
    gives: /^NOT_FOUND: /,
  },
  { trap: '29: a directory link out of the context', files: 'ln -s /etc l', lines: 'COPY l/* /n/', gives: [] },
  {
    trap: '29: an absolute link inside the context',
    files: `${TREE}; ln -s /dir l`,
    lines: 'COPY l/a /n/\nCOPY l/s* /m/',
    gives: ['m directory 755 0:0', 'm/b file 644 0:0 "2"', 'n directory 755 0:0', 'n/a file 644 0:0 "1"'],
  },
  {
    trap: '30: a link to a directory as destination',
    files: TREE,
    lines: 'COPY f /inside\nCOPY g /relative/',
    gives: ['have/f file 644 0:0 "3"', 'have/sub/g file 644 0:0 "4"'],
  },
  {
    trap: '30: a dangling link',
    files: TREE,
    lines: 'COPY f /dangling',
    gives: ['made directory 755 0:0', 'made/here file 644 0:0 "3"'],
  },
  {
    trap: '30: a dangling link as directory',
    files: TREE,
    lines: 'COPY f /dangling/',
    gives: ['made directory 755 0:0', 'made/here directory 755 0:0', 'made/here/f file 644 0:0 "3"'],
  },
  { trap: '30: a link that climbs', files: TREE, lines: 'COPY f /climbing', gives: ['up file 644 0:0 "3"'] },
  {
    trap: '30: a link on the way',
    files: TREE,
    lines: 'COPY dir /inside/new',
    gives: [
      'have/new directory 755 0:0',
      'have/new/a file 644 0:0 "1"',
      'have/new/sub directory 755 0:0',
      'have/new/sub/b file 644 0:0 "2"',
    ],
  },
  { trap: '30: links that go round', files: TREE, lines: 'COPY f /round', gives: /^INVALID: too many levels/ },
  { trap: '31: a directory over a file', files: TREE, lines: 'COPY dir /file', gives: /^CONFLICT: / },
  { trap: '31: a directory over a nested file', files: 'mkdir -p d/f', lines: 'COPY d /have', gives: /^CONFLICT: / },
  {
    trap: '31: a file over a nested directory',
    files: 'mkdir d; printf 1 > d/sub',
    lines: 'COPY d /have',
    gives: /^CONFLICT: /,
  },
  { trap: '31: a file in a file', files: TREE, lines: 'COPY f /file/', gives: /^CONFLICT: / },
  {
    trap: '31: several files to one name: the last one stays',
    files: 'printf 1 > a; printf 2 > b',
    lines: 'COPY a b /n',
    gives: ['n file 644 0:0 "2"'],
  },
  {
    trap: '32: context files belong to root',
    files: 'printf 1 > f; chown 5:6 f; chmod 4750 f; mkdir d; printf 2 > d/x; chown -R 7 d',
    lines: 'COPY f /n\nCOPY d /m',
    gives: ['m directory 755 0:0', 'm/x file 644 0:0 "2"', 'n file 4750 0:0 "1"'],
  },
  {
    trap: '32: --from keeps owners, modes, links and capabilities',
    lines: 'COPY --from=other /src /n',
    gives: [
      'n directory 755 0:0',
      `n/a file 4711 11:21 "A" security.capability=${CAPABILITY.toString('hex')}`,
      'n/b hardlink n/a',
      'n/d directory 1777 13:23',
      'n/d/deep file 644 14:0 "deep"',
      'n/l symlink 777 0:0 a',
      'n/p fifo 622 12:0',
    ],
  },
  {
    trap: '32: --from through links',
    lines: 'COPY --from=other /lib/*.so /n/\nCOPY --from=other /lib/x.so /abs /m/',
    gives: [
      'm directory 755 0:0',
      'm/abs file 644 0:0 "so"',
      'm/x.so file 644 0:0 "so"',
      'n directory 755 0:0',
      'n/x.so file 644 0:0 "so"',
    ],
  },
  { trap: '32: a link out of an image leads nowhere', lines: 'COPY --from=other /out /n', gives: /^NOT_FOUND: / },
  {
    trap: '33: a directory that COPY makes is root’s and 0755, not as the source',
    files: 'mkdir -pm 700 d/sub; printf 1 > d/f',
    lines: 'COPY d /n/m\nCOPY --from=other /src/d /o',
    gives: [
      'n directory 755 0:0',
      'n/m directory 755 0:0',
      'n/m/f file 644 0:0 "1"',
      'n/m/sub directory 700 0:0',
      'o directory 755 0:0',
      'o/deep file 644 14:0 "deep"',
    ],
  },
  {
    trap: '34: what exists keeps owner and mode, what is nested is replaced',
    files: 'mkdir -p d/sub; printf new > d/f; printf x > d/sub/x; chmod 755 d/sub',
    lines: 'COPY --chown=3:4 d /have',
    gives: ['have/f file 644 3:4 "new"', 'have/sub directory 755 3:4', 'have/sub/x file 644 3:4 "x"'],
  },
  { trap: '35: --chown=1', files: TREE, lines: 'COPY --chown=1 f /n', gives: ['n file 644 1:1 "3"'] },
  {
    trap: '35: --chown of a name has its group',
    files: TREE,
    lines: 'COPY --chown=app f /n\nCOPY --chown=app:staff f /m\nCOPY --chown=9:app f /o',
    gives: ['m file 644 1000:50 "3"', 'n file 644 1000:1001 "3"', 'o file 644 9:1001 "3"'],
  },
  {
    trap: '36: names are those of the destination',
    lines: 'COPY --from=stage --chown=app /sub/x /n',
    gives: ['n file 644 1000:1001 "from-root\\n"'],
  },
  {
    trap: '36: an unknown user',
    files: TREE,
    lines: 'COPY --chown=nobody f /n',
    gives: /^NOT_FOUND: unable to find user nobody/,
  },
  {
    trap: '36: an unknown group',
    files: TREE,
    lines: 'COPY --chown=app:none f /n',
    gives: /^NOT_FOUND: unable to find group none/,
  },
  {
    trap: '37: --chown and --chmod apply to parents that are made',
    files: TREE,
    lines: 'COPY --chown=3:4 --chmod=0710 f /p/q/n',
    gives: ['p directory 710 3:4', 'p/q directory 710 3:4', 'p/q/n file 710 3:4 "3"'],
  },
  {
    trap: '38: octal modes',
    files: `${TREE}; ln -s a dir/l`,
    lines: 'ARG m=7\nCOPY --chmod=$m$m$m$m dir /n',
    gives: [
      'n directory 755 0:0',
      'n/a file 7777 0:0 "1"',
      'n/l symlink 777 0:0 a',
      'n/sub directory 7777 0:0',
      'n/sub/b file 7777 0:0 "2"',
    ],
  },
  {
    trap: 'hard links stay',
    files: 'mkdir d; printf 1 > d/a; ln d/a d/b; ln d/a c',
    lines: 'COPY d c /n/',
    gives: ['n directory 755 0:0', 'n/a file 644 0:0 "1"', 'n/b hardlink n/a', 'n/c hardlink n/a'],
  },
  {
    trap: 'a hard link whose first name is overwritten',
    files: 'mkdir d e; printf 1 > d/a; ln d/a e/z; printf 2 > e/a',
    lines: 'COPY d e /n/',
    gives: ['n directory 755 0:0', 'n/a file 644 0:0 "2"', 'n/z file 644 0:0 "1"'],
  },
  {
    trap: 'a setgid directory does not give its group',
    files: TREE,
    lines: 'COPY f /have/n',
    gives: ['have/n file 644 0:0 "3"'],
  },
  {
    trap: 'fifos are copied, sockets are not',
    files: 'mkdir d; mkfifo d/p; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'d/s\')"',
    lines: 'COPY d /n',
    gives: ['n directory 755 0:0', 'n/p fifo 644 0:0'],
  },
  {
    trap: 'names that are not UTF-8',
    files: "mkdir d; printf 1 > d/$(printf '\\377\\376'); printf 2 > d/x",
    lines: 'COPY d /n/\nCOPY d/x* /m/',
    gives: [
      'm directory 755 0:0',
      'm/x file 644 0:0 "2"',
      'n directory 755 0:0',
      'n/x file 644 0:0 "2"',
      'n/\xff\xfe file 644 0:0 "1"',
    ],
  },
  {
    trap: 'files in place',
    lines: 'COPY <<one <<"two" /n/\n1 $HOME$x\none\n2 $x\ntwo',
    gives: ['n directory 755 0:0', 'n/one file 644 0:0 "1 \\n"', 'n/two file 644 0:0 "2 $x\\n"'],
  },
  {
    trap: 'the whole context, and what it ignores',
    files: `${TREE}; printf 'dir/*\\n!dir/sub/b\\n' > .dockerignore`,
    lines: 'COPY . /n',
    gives: [
      'n directory 755 0:0',
      'n/.dockerignore file 644 0:0 "dir/*\\n!dir/sub/b\\n"',
      'n/dir directory 755 0:0',
      'n/dir/sub directory 755 0:0',
      'n/dir/sub/b file 644 0:0 "2"',
      'n/f file 644 0:0 "3"',
      'n/g file 644 0:0 "4"',
    ],
  },
  { trap: 'an ignored file', files: `${TREE}; echo f > .dockerignore`, lines: 'COPY f /n', gives: /^NOT_FOUND: / },
];
