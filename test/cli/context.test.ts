import { mkdirSync, symlinkSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const COPY = `COPY \${APP}/*.js /app/`;
const DOCKERFILE = `FROM scratch AS other
COPY --parents docs/**/*.txt /
FROM scratch
ARG APP=app
${COPY}
ADD --exclude=*.log data /data
COPY current/file /file
`;

const FILES: Readonly<Record<string, string>> = {
  Dockerfile: DOCKERFILE,
  '.dockerignore': '# not for images\n**/secret\n!data/secret\n',
  'app/main.js': '1',
  'app/main.ts': '2',
  'app/secret': '3',
  'data/a': '4',
  'data/b.log': '5',
  'data/secret': '6',
  'docs/x/y.txt': '7',
  'docs/x/y.md': '8',
  'big/one/a': 'a'.repeat(5000),
  'big/two/[b]*': 'b'.repeat(3000),
  'releases/1/file': '9',
  'releases/2/file': '10',
};

const test = suite<{ place: Workplace; context: string }>('tsbuild context');

test.before((given) => {
  given.place = new Workplace();
  given.context = given.place.at('context');
  for (const [path, content] of Object.entries(FILES)) given.place.write(`context/${path}`, content);
  mkdirSync(given.place.at('context/empty'));
  symlinkSync('releases/1', given.place.at('context/current'));
});
test.after(({ place }) => place.remove());

test('ls lists what the ignore file lets through, with what uses it', async ({ place, context }) => {
  const listed = JSON.parse(await place.ok(['context', 'ls', context, '--json']));
  const uses = Object.fromEntries(listed.map((row: { path: string; usedBy: string[] }) => [row.path, row.usedBy]));
  assert.equal(uses['app/main.js'], [`[stage-1 1/3] ${COPY}`]);
  assert.equal(uses['docs/x/y.txt'], ['[other 1/1] COPY --parents docs/**/*.txt /']);
  assert.equal(uses['data/b.log'], []);
  assert.equal(uses['big/one/a'], []);
  assert.not.ok('app/secret' in uses);
  assert.ok('data/secret' in uses);
  assert.match(await place.ok(['context', 'ls', context]), /1B +\[stage-1 2\/3\] +data\/a\n/);
});

test('why says which instruction uses a path, or which rule hides it', async ({ place, context }) => {
  const why = (path: string) => place.run(['context', 'why', path, context]);
  const used = (await why('app/main.js')).stdout;
  assert.match(used, `app/main.js is used by one step:\n[stage-1 1/3] ${COPY}\nDockerfile:5\n`);
  assert.match(used, `5 | >>> ${COPY}`);
  const hidden = (await why('app/secret')).stdout;
  assert.match(hidden, 'app/secret is hidden by the ignore file\n');
  assert.match(hidden, '2 | >>> **/secret');
  assert.is((await why('big/one/a')).stdout, 'big/one/a is in the context, and nothing uses it\n');
  assert.match((await why('data')).stdout, 'data is used by one step');
  const missing = await why('nothing');
  assert.is(missing.code, 1);
  assert.match(missing.stderr, 'there is no nothing in');
  assert.is((await place.run(['context', 'why'])).code, 2);
});

test('stats says what is big and of no use, by directory', async ({ place, context }) => {
  const { directories, unusedBytes } = JSON.parse(await place.ok(['context', 'stats', context, '--json']));
  assert.equal(directories[1], { path: 'big', files: 2, bytes: 8000, unusedFiles: 2, unusedBytes: 8000 });
  assert.ok(unusedBytes > 8000);
  assert.match(await place.ok(['context', 'stats', context]), /8\.00kB +2 +8\.00kB +2 +big\n/);
});

test('the proposed ignore file hides what is of no use and changes no image', async ({ place, context }) => {
  const build = async () => {
    const env = { SOURCE_DATE_EPOCH: '1700000000' };
    const [image, other] = [[], ['--target', 'other']];
    return [
      await place.ok(['build', '-q', '--no-cache', ...image, context], { env }),
      await place.ok(['build', '-q', '--no-cache', ...other, context], { env }),
    ];
  };
  const before = await build();
  const proposed = await place.ok(['context', 'stats', '--propose', context]);
  assert.equal(proposed.split('\n'), [
    '**/secret',
    '!data/secret',
    '/app/main.ts',
    '/big',
    '/data/b.log',
    '/docs/x/y.md',
    '/empty',
    '/releases/2',
  ]);
  place.write('context/.dockerignore', proposed);
  assert.equal(await build(), before);
  assert.not.match(await place.ok(['context', 'ls', context]), 'big');
  assert.is(await place.ok(['context', 'stats', '--propose', context]), '');
});

test.run();
