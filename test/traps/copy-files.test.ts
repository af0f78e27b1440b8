import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';
import type { TestEntry } from '../support/image.ts';
import { parseSamples } from '../tar/samples.ts';
import { checkTrap, withBuild } from './built.ts';

await becomeRoot();

const test = suite('what COPY keeps of files');

/** cap_net_raw, as the kernel keeps it (struct vfs_cap_data, version 2). */
const CAPABILITY = '0100000200200000000000000000000000000000';
const setXattr = (path: string, name: string, hex: string) =>
  `python3 -c "import os; os.setxattr('${path}', '${name}', bytes.fromhex('${hex}'))"`;

test('attributes of the files and directories of a context arrive', () =>
  withBuild(
    {
      files: `mkdir -p d/e; printf 1 > d/f; chmod 4755 d/f
        ${setXattr('d/f', 'user.note', '6869')}; ${setXattr('d/f', 'security.capability', CAPABILITY)}
        ${setXattr('d/e', 'user.of', '00ff')}; ${setXattr('d/e', 'trusted.mine', '01')}`,
    },
    async (builder) => {
      assert.equal(
        (await builder.build('FROM scratch AS one\nCOPY --chown=5 d /n\nFROM scratch\nCOPY --from=one / /')).lines,
        [
          'n directory 755 5:5',
          'n/e directory 755 5:5  user.of=00ff',
          `n/f file 4755 5:5 "1" security.capability=${CAPABILITY} user.note=6869`,
        ],
      );
    },
  ));

test('trap 42: touch keeps the cache; an attribute, a mode or a name busts it', () =>
  withBuild({ files: 'mkdir -p one/src; printf 1 > one/src/f' }, async (builder) => {
    const build = (parent = 'one') => builder.build(`FROM scratch\nCOPY ${parent}/src /n\n`);
    const isHit = async (parent?: string) => (await build(parent)).executed.length === 0;
    assert.not(await isHit());
    builder.shell('touch one/src/f one/src one');
    assert.ok(await isHit(), 'touch');
    builder.shell('mv one two');
    assert.ok(await isHit('two'), 'another parent');
    for (const change of [setXattr('two/src/f', 'user.a', '01'), 'chmod 600 two/src/f', 'mv two/src/f two/src/g']) {
      builder.shell(change);
      assert.not(await isHit('two'), change);
      assert.ok(await isHit('two'), `after ${change}`);
    }
  }));

test('trap 42: the parent directory of what is copied from a stage is no part of the key', () =>
  withBuild({ busybox: true }, async (builder) => {
    const of = (name: string) =>
      `FROM busybox AS make\nRUN mkdir -p /${name}/d && echo 1 > /${name}/d/f\nFROM scratch\nCOPY --from=make /${name}/d /n\n`;
    await builder.build(of('one'));
    assert.equal((await builder.build(of('two'))).cached, ['stage-1: COPY --from=make /two/d /n']);
  }));

test('trap 36: a change of /etc/passwd changes the owner that --chown names', () =>
  withBuild({ files: 'printf 1 > f' }, async (builder) => {
    for (const uid of [5, 6]) {
      await builder.addImage('base', [[{ path: 'etc/passwd', content: `app:x:${uid}:${uid}::/:\n` }]]);
      const { lines } = await builder.build('FROM base\nCOPY --chown=app f /n\n');
      assert.ok(lines.includes(`n file 644 ${uid}:${uid} "1"`), lines.join('\n'));
    }
  }));

const LONG = 'x'.repeat(255);

test('names are bytes: a line end, a leading dash, 255 of them, and paths of more', () =>
  withBuild(
    {
      files: `mkdir -p d; cd d; printf 1 > -dash; printf 2 > ${LONG}; printf 3 > "$(printf 'line\\nend')"
        i=0; while [ $i -lt 12 ]; do mkdir ${LONG.slice(0, 250)}; cd ${LONG.slice(0, 250)}; i=$((i + 1)); done; printf 4 > end`,
    },
    async (builder) => {
      const { lines } = await builder.build('FROM scratch\nCOPY d /n\nCOPY d/-* d/line* /m/\n');
      const names = lines.map((line) => line.split(' ')[0]);
      for (const name of ['m/-dash', 'm/line\nend', 'n/-dash', `n/${LONG}`]) assert.ok(names.includes(name), name);
      assert.is(Math.max(...lines.map((line) => line.indexOf(' '))), 1 + 12 * 251 + 4);
    },
  ));

test('a path that is longer than any is refused', () =>
  withBuild({}, async (builder) => {
    const deep = `import os\nfor i in range(20): os.mkdir('${LONG}'); os.chdir('${LONG}')`;
    builder.shell(`python3 -c "${deep}"`);
    assert.match(await builder.failure('FROM scratch\nCOPY . /n\n'), /^INVALID: the path of \d+ bytes is longer/);
    builder.shell('rm -r *');
  }));

const NODES: readonly TestEntry[] = [
  { path: 'd', type: 'directory', mode: 0o755 },
  { path: 'd/null', type: 'char', devMajor: 1, devMinor: 3, mode: 0o666, uid: 3 },
  { path: 'd/pipe', type: 'fifo', mode: 0o620, gid: 4 },
];

test('devices and fifos of a stage arrive', () =>
  checkTrap({
    trap: 'devices and fifos',
    images: { other: NODES },
    dockerfile: 'FROM scratch\nCOPY --from=other /d /n\nCOPY --from=other --chmod=600 --chown=9 /d/pipe /p\n',
    gives: ['n directory 755 0:0', 'n/null char 666 3:0 1,3', 'n/pipe fifo 620 0:4', 'p fifo 600 9:9'],
  }));

/** The one file of that name in the layers of the store. */
function inStore(builder: TestBuilder, name: string): string {
  const layers = join(builder.root, 'v1/s');
  const found = readdirSync(layers, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(`/${name}`));
  return join(layers, found ?? `no ${name}`);
}

test('a file with holes keeps them', () =>
  withBuild(
    {
      files: `truncate -s 200M sparse; printf begin | dd of=sparse conv=notrunc status=none
        printf middle | dd of=sparse bs=1M seek=100 conv=notrunc status=none`,
    },
    async (builder) => {
      await builder.build('FROM scratch\nCOPY sparse /n/\n', { outputs: [] });
      const copy = inStore(builder, 'sparse');
      const { size, blocks } = lstatSync(copy);
      assert.is(size, 200 << 20);
      assert.ok(blocks * 512 < 1 << 20, `${blocks} blocks`);
      execFileSync('cmp', [join(builder.context, 'sparse'), copy]);
    },
  ));

test('the umask of whoever builds does not matter', async () => {
  const linesUnder = (mask: number) =>
    withBuild({ files: 'mkdir -p d/e; printf 1 > d/e/f' }, async (builder) => {
      const before = process.umask(mask);
      try {
        lines.push((await builder.build('FROM scratch\nCOPY d /p/n/\nCOPY --link <<F /l/f\n\nF\n')).lines);
      } finally {
        process.umask(before);
      }
    });
  const lines: string[][] = [];
  await linesUnder(0o022);
  await linesUnder(0o077);
  assert.equal(lines[0], lines[1]);
});

test('SOURCE_DATE_EPOCH clamps what is newer, in linked layers too, and keeps what is older', () =>
  withBuild({ files: 'printf 1 > new; printf 2 > old; touch -d @1000 old; mkdir d; mv old d' }, async (builder) => {
    const destination = join(builder.directory, 'image.tar');
    const layers = async (copy: string) => {
      await builder.build(`FROM scratch\n${copy}\n`, {
        epoch: 5000,
        outputs: [{ type: 'oci', destination, names: [] }],
      });
      const [digest = ''] = builder.layersOf(destination);
      const blob = execFileSync('tar', ['-xOf', destination, `blobs/${digest.replace(':', '/')}`]);
      const tar = blob[0] === 0x1f ? execFileSync('gzip', ['-dc'], { input: blob }) : blob;
      return parseSamples(tar).map(({ entry }) => [entry.path, entry.mtime]);
    };
    const expected = [
      ['n', 5000],
      ['n/new', 5000],
      ['n/old', 1000],
    ];
    assert.equal(await layers('COPY new d/old /n/'), expected);
    assert.equal(await layers('COPY --link new d/old /n/'), expected);
  }));

test('trap 53: WORKDIR creates what is missing, leaves what exists; relative ones join', () =>
  checkTrap({
    trap: '53: WORKDIR',
    images: { base: [{ path: 'have', type: 'directory', mode: 0o700, uid: 3 }] },
    dockerfile: 'FROM base\nWORKDIR /have\nWORKDIR a\nWORKDIR b\nCOPY <<f .\nf\n',
    gives: ['have/a directory 755 0:0', 'have/a/b directory 755 0:0', 'have/a/b/f file 644 0:0 ""'],
  }));

test('trap 54: what is written below a VOLUME after it was declared is kept', () =>
  checkTrap({
    trap: '54: VOLUME',
    busybox: true,
    files: 'printf 1 > f',
    dockerfile: 'FROM busybox\nVOLUME /v\nCOPY f /v/\nRUN echo 2 > /v/g\n',
    gives: ['v directory 755 0:0', 'v/f file 644 0:0 "1"', 'v/g file 644 0:0 "2\\n"'],
  }));

test.run();
