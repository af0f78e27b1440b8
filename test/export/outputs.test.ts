import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { validImage } from '../support/valid-image.ts';
import { outcomeOf, Workplace } from '../support/workplace.ts';

const test = suite('outputs of a build');

const DOCKERFILE = `FROM busybox AS make
RUN mkdir -p /out/sub && echo data > /out/file && chmod 640 /out/file && ln /out/file /out/hard && ln -s file /out/link \\
  && chown 7:8 /out/sub && touch -d @1000000000 /out/file
FROM scratch
COPY --from=make /out /
`;

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
});

test.after(() => place.remove());

test('a directory gets the files with modes, times and links', async () => {
  await place.build(DOCKERFILE, ['-o', place.at('local')]);
  assert.equal(readdirSync(place.at('local')).sort(), ['file', 'hard', 'link', 'sub']);
  const file = statSync(place.at('local/file'));
  assert.equal([file.mode & 0o7777, file.mtimeMs / 1000], [0o640, 1_000_000_000]);
  assert.is(readlinkSync(place.at('local/link')), 'file');
  assert.is(readFileSync(place.at('local/hard'), 'utf8'), 'data\n');
  assert.is(statSync(place.at('local/hard')).ino, file.ino);
});

test('a directory that is there keeps what else it holds, and its links are not followed', async () => {
  mkdirSync(place.at('there/sub'), { recursive: true });
  place.write('there/mine', 'mine');
  place.write('outside', 'untouched');
  symlinkSync(place.at('outside'), place.at('there/file'));
  await place.build(DOCKERFILE, ['-o', `type=local,dest=${place.at('there')}`]);
  assert.is(readFileSync(place.at('there/mine'), 'utf8'), 'mine');
  assert.is(readFileSync(place.at('outside'), 'utf8'), 'untouched');
  assert.ok(lstatSync(place.at('there/file')).isFile());
});

test('a tar is sorted, keeps owners, and is the same twice; - is standard output', async () => {
  await place.build(DOCKERFILE, ['-o', `type=tar,dest=${place.at('out.tar')}`]);
  const listing = execFileSync('tar', ['--numeric-owner', '-tvf', place.at('out.tar')], { encoding: 'utf8' });
  const lines = listing
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/));
  assert.equal(
    lines.map(([mode, owner, , , , ...name]) => `${mode} ${owner} ${name.join(' ')}`),
    ['-rw-r----- 0/0 file', 'hrw-r----- 0/0 hard link to file', 'lrwxrwxrwx 0/0 link -> file', 'drwxr-xr-x 7/8 sub/'],
  );
  await place.build(DOCKERFILE, ['-o', `type=tar,dest=${place.at('again.tar')}`]);
  assert.equal(readFileSync(place.at('again.tar')), readFileSync(place.at('out.tar')));
  const context = place.at('empty');
  mkdirSync(context);
  await place.ok(['-f', '-', '-o', '-', context], {
    stdin: DOCKERFILE,
    through: ['sh', '-c', '"$@" > piped.tar', 'sh'],
  });
  assert.equal(readFileSync(place.at('piped.tar')), readFileSync(place.at('out.tar')));
});

test('an image without a name is found by the ID that its build ends with', async () => {
  mkdirSync(place.at('nameless'));
  const { code, stderr } = await place.run(['-f', '-', place.at('nameless')], {
    stdin: 'FROM busybox\nCMD echo found',
  });
  assert.is(code, 0, stderr);
  const [, id = ''] = /writing image (sha256:\w{64})/.exec(stderr) ?? [];
  assert.is(await place.ok(['run', '--rm', id]), 'found');
});

test('several outputs come from one build', async () => {
  const outputs = ['local', 'tar', 'oci', 'docker'].flatMap((type) => [
    '-o',
    `type=${type},dest=${place.at(`all-${type}`)}`,
  ]);
  await place.build(DOCKERFILE, [...outputs, '-o', 'type=image,name=all']);
  for (const type of ['local', 'tar', 'oci', 'docker']) assert.ok(existsSync(place.at(`all-${type}`)), type);
  await validImage(place.root, 'all');
});

test('an archive does not go to a terminal', async () => {
  const inTerminal = 'script -qec "$*" /dev/null';
  const { code, stdout } = await place.run(['save', 'busybox'], { through: ['sh', '-c', inTerminal, 'sh'] });
  assert.is(code, 2);
  assert.match(stdout, /an archive is not written to a terminal/);
});

test('with SOURCE_DATE_EPOCH two empty stores give the same image and the same archive', async () => {
  const made = [];
  for (const file of ['one', 'two']) {
    const fresh = await Workplace.withBusybox();
    try {
      const destination = fresh.at(`${file}.tar`);
      const env = { SOURCE_DATE_EPOCH: '1700000000' };
      const id = await fresh.build(DOCKERFILE, ['-o', `type=oci,dest=${destination}`], { env });
      made.push([id, readFileSync(destination).toString('base64')]);
    } finally {
      fresh.remove();
    }
  }
  assert.equal(made[0], made[1]);
});

test('a layer is compressed once', async () => {
  const build = () => place.build(DOCKERFILE, ['-o', `type=oci,dest=${place.at('gzip.tar')}`]);
  await build();
  const blobs = () =>
    readdirSync(`${place.root}/v1/content/blobs/sha256`).map((name) => {
      const { mtimeMs, ino } = statSync(`${place.root}/v1/content/blobs/sha256/${name}`);
      return `${name} ${mtimeMs} ${ino}`;
    });
  const before = blobs().sort();
  await build();
  assert.equal(blobs().sort(), before);
});

/** Where an archive cannot go. */
const REFUSED: [name: string, destination: () => string][] = [
  ['a directory in its place', () => place.at('store')],
  ['a file where a directory is needed', () => place.at('there/mine/below.tar')],
];

for (const [name, destination] of REFUSED) {
  test(`${name}: an error, and nothing is left`, async () => {
    place.write('there/mine', 'mine');
    const { code, stderr } = await place.run(['save', '-o', destination(), 'busybox']);
    assert.is(code, 1);
    assert.match(stderr, /^ERROR: /);
    assert.not.match(stderr, /^ +at /m);
    assert.equal(
      readdirSync(place.directory).filter((entry) => entry.startsWith('.tsbuild-')),
      [],
    );
  });
}

test('a full disk: an error that says so, and nothing is left of the archive', async () => {
  mkdirSync(place.at('small'), { recursive: true });
  const script = 'mount -t tmpfs -o size=1m tmpfs small && { "$@"; code=$?; ls -A small; exit $code; }';
  const { code, stdout, stderr } = await place.run(['save', '-o', 'small/image.tar', 'busybox'], {
    through: ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh'],
  });
  assert.is(code, 1, stderr);
  assert.match(stderr, /^ERROR: no space left for .*image\.tar/);
  assert.match(stderr, /^hint: /m);
  assert.is(stdout, '');
});

test('SOURCE_DATE_EPOCH leaves the layers of a base image alone that was built in the same store', async () => {
  await place.build('FROM busybox\nRUN echo base > /base\n', ['-t', 'own-base']);
  const env = { SOURCE_DATE_EPOCH: '1000000000' };
  await place.build('FROM own-base\nRUN echo child > /child\n', ['-t', 'own-child'], { env });
  const [base, child] = await Promise.all(['own-base', 'own-child'].map((name) => validImage(place.root, name)));
  assert.equal(child?.manifest.layers.slice(0, 2), base?.manifest.layers);
  assert.is(child?.manifest.layers.length, 3);
});

test('what is no file is written and not replaced; a link leads to what is replaced', async () => {
  for (const options of [
    ['-o', 'type=tar,dest=null'],
    ['--iidfile', 'null'],
    ['--metadata-file', 'null'],
  ]) {
    execFileSync('ln', ['-sf', '/dev/null', place.at('null')]);
    await place.build(DOCKERFILE, options);
    assert.is(readlinkSync(place.at('null')), '/dev/null');
    assert.ok(statSync('/dev/null').isCharacterDevice());
  }
  execFileSync('mkfifo', [place.at('pipe')]);
  const reader = spawn('cat', [place.at('pipe')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ stdout }] = await Promise.all([outcomeOf(reader), place.build(DOCKERFILE, ['-o', 'type=tar,dest=pipe'])]);
  assert.match(stdout, 'ustar');
  place.write('real.tar', 'old');
  symlinkSync('real.tar', place.at('link.tar'));
  await place.build(DOCKERFILE, ['-o', 'type=tar,dest=link.tar']);
  assert.is(readlinkSync(place.at('link.tar')), 'real.tar');
  assert.match(readFileSync(place.at('real.tar'), 'latin1'), 'ustar');
});

test('files about the image that cannot be written fail the build, and say where', async () => {
  mkdirSync(place.at('a-directory'));
  for (const option of ['--iidfile', '--metadata-file']) {
    const built = place.build(DOCKERFILE, [option, place.at('a-directory')]);
    const error: Error = await built.then(
      () => new Error('no error'),
      (reason) => reason,
    );
    assert.match(error.message, `ERROR: cannot write ${place.at('a-directory')}: it is a directory`);
  }
});

test.run();
