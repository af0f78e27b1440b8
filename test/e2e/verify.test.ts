import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('tsbuild verify');

const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };
/** What depends on nothing but the build file, however it is built. */
const STEADY = `FROM busybox
WORKDIR /app
COPY . /app/
RUN umask > umask && date +%Z > zone && mkdir -m 700 private && echo x > private/x
RUN ln -s x link && ln umask hard && chown 1234:567 private
ENV A=1
`;

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
});
test.after(() => place.remove());

async function verify(dockerfile: string, args: readonly string[] = [], env: Record<string, string> = EPOCH) {
  place.write('context/file', 'content\n', 0o640);
  place.write('context/Dockerfile', dockerfile);
  return place.run(['verify', '--progress=quiet', ...args, place.at('context')], { env });
}

const ROWS: readonly (readonly [step: string, place: string, what: RegExp])[] = [
  ['date > /made/date', '/made/date', /content at byte \d+\n/],
  ['chown $(date +%s) /made/f', '/made/f', /owner \d+:0 and \d+:0\n/],
  ['touch /made/$(date +%s)', '/made/', /order: in this place are \/made\/\d+ and \/made\/\d+\n/],
];

for (const [step, where, what] of ROWS) {
  test(`names the step, the file and the attribute: ${step}`, async () => {
    const run = `RUN ${step}`;
    const { code, stdout, stderr } = await verify(`FROM busybox\nRUN mkdir /made && touch /made/f\n${run}\n`);
    assert.is(code, 1, stderr);
    const [, shown = '', path = ''] = /^ {2}step {3}(.*)\n {2}where {2}(.*)$/m.exec(stdout) ?? [];
    assert.ok(shown.includes(`RUN /bin/sh -c ${step}`), stdout);
    assert.ok(path.startsWith(where), stdout);
    assert.match(stdout, what);
  });
}

test('without a fixed time it is the times that differ, and the hint says so', async () => {
  const { code, stdout } = await verify('FROM busybox\nRUN echo x > /x\n', [], {});
  assert.is(code, 1);
  assert.match(stdout, /where {2}\/x\n {2}what {3}mtime .*\n {2}hint {3}without SOURCE_DATE_EPOCH/);
});

test('two builds of another umask, zone and number of jobs, from empty stores, are one image, and that of a build; not that of another', async () => {
  const { code, stdout, stderr } = await verify(STEADY);
  assert.is(code, 0, stdout + stderr);
  assert.match(stdout, /^reproducible: sha256:[0-9a-f]{64}\n$/);
  assert.equal(readdirSync(place.at('store/v1/tmp')), []);
  assert.equal(readdirSync(place.at('store/v1/s')), [], 'the real store knows nothing of the builds');
  await place.ok(['build', '-q', '-t', 'app', place.at('context')], { env: EPOCH });
  const same = await verify(STEADY, ['--image', 'app']);
  assert.equal([same.code, same.stdout], [0, stdout], same.stdout + same.stderr);
  const other = await verify(`${STEADY.replace('A=1', 'A=2')}`, ['--image', 'app']);
  assert.is(other.code, 1);
  assert.match(
    other.stdout,
    /step {3}COPY \. \/app\/.*\n {2}where {2}\/app\/Dockerfile\n {2}what {3}content at byte \d+\n/,
  );
});

test.run();
