import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseBackend } from '../../runner/index.ts';
import { needProgram } from '../house/programs.ts';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('mounts of a RUN that mean harm');

const builder = new TestBuilder();
await builder.addBusybox();
const outside = join(builder.directory, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'secret'), 'the secret\n');
test.after(() => rmSync(builder.directory, { recursive: true }));

const UP = '../'.repeat(20);
/** An image whose names lead to what lies outside, if anybody follows them there. */
const BASE = `FROM busybox AS evil
RUN ln -s ${outside} /absolute && ln -s ${UP.slice(0, -1)}${outside} /relative && ln -s / /root-link && ln -s ${outside}/secret /file
FROM evil
`;

/** Of cache mounts that are made, and the place in the container where they are. */
const MADE: readonly [options: string, place: string][] = [
  ['id=../../..,target=/c', '/c'],
  [`id=${outside},target=/c`, '/c'],
  [`id=..,target=/c`, '/c'],
  [`id=0/../../../meta.json,target=/c`, '/c'],
  [`"id=../\0",target=/c`, '/c'],
  [`id=${'n'.repeat(5000)},target=/c`, '/c'],
  [`id=a,target=${UP}c`, '/c'],
  [`id=a,target=/c/../../..${outside}/made`, `${outside}/made`],
  ['id=a,target=/absolute/made', `${outside}/made`],
  [`id=a,target=/relative/made`, `${outside}/made`],
  [`id=a,target=/root-link${outside}/made`, `${outside}/made`],
  ['id=a,target=/file', `${outside}/secret`],
  ['id=b,target=/c,from=evil,source=/absolute/../../../bin', '/c'],
];

const NUL = /^INVALID: a NUL character in the path/;
const NOT_THERE = /^NOT_FOUND: open .*: ENOENT/;
const NOT_IN_IMAGE = /^NOT_FOUND: .* not found in the stage or image that is mounted/;
const NO_IMAGE = /^INVALID: invalid image name/;
const COVERS_ROOT = /^INVALID: a mount cannot cover the root directory/;

/** Of those that are refused, and with what. The cache `linked` holds links of a step before. */
const REFUSED: readonly [options: string, error: RegExp][] = [
  ['target=/', COVERS_ROOT],
  [`target=${UP}`, COVERS_ROOT],
  ['target=/c\0d', NUL],
  ['target=/proc/self/fd/0', /^SANDBOX: mount on \/proc\/self\/fd\/0: EINVAL/],
  [`target=/c,source=${outside}`, NOT_THERE],
  [`target=/c,source=${UP}${outside}`, NOT_THERE],
  ['target=/c,source=a\0b', NUL],
  ['target=/c,id=linked,source=absolute', NOT_THERE],
  ['target=/c,id=linked,source=relative', NOT_THERE],
  ['target=/c,id=linked,source=magic', NOT_THERE],
  [`target=/c,from=evil,source=${outside}`, NOT_IN_IMAGE],
  ['target=/c,from=evil,source=/absolute', NOT_IN_IMAGE],
  ['target=/c,from=evil,source=/relative', NOT_IN_IMAGE],
  ['target=/c,from=evil,source=/file', NOT_IN_IMAGE],
  ['target=/c,from=evil,source=a\0b', NUL],
  [`target=/c,from=${outside}`, NO_IMAGE],
  ['target=/c,from=../..', NO_IMAGE],
  ['target=/c,from=a\0b', NO_IMAGE],
];

/** Other places for a path. */
const WITH_NUL = [
  'WORKDIR /a\0b',
  'COPY --from=evil /bin /a\0b',
  'COPY a\0b /',
  'RUN --mount=type=tmpfs,target=/a\0b true',
];

function assertUntouched(): void {
  assert.equal(readdirSync(outside), ['secret']);
  assert.is(readFileSync(join(outside, 'secret'), 'utf8'), 'the secret\n');
  const mounts = readdirSync(join(builder.root, 'v1/mounts'));
  assert.equal(
    mounts.filter((name) => !/^[0-9a-f]{64}$/.test(name)),
    [],
  );
}

for (const name of ['launcher', 'crun', 'runc'] as const) {
  test(`${name}: names of cache mounts lead nowhere but into the container`, async () => {
    if (name !== 'launcher') needProgram(name);
    const backend = await chooseBackend(name, builder.root);
    // A runtime is told the place alone.
    const made = name === 'launcher' ? MADE : MADE.filter(([, place]) => place !== '/c');
    const steps = made.map(([options, place]) => {
      const script = `grep -o ' ${place} ' /proc/self/mountinfo | head -1; cat ${outside}/secret 2>/dev/null; true`;
      return `RUN --mount=type=cache,${options} ${script}`;
    });
    const { output } = await builder.build(`${BASE}${steps.join('\n')}\n`, { backend, noCache: true });
    assert.equal(
      output.trim().split(/\s+/),
      made.map(([, place]) => place),
    );
    assertUntouched();
  });
}

test('what leads out of a cache or an image is refused, and so is a name that no file has', async () => {
  const links = `ln -s ${outside} /c/absolute; ln -s ${UP}${outside} /c/relative; ln -s /proc/self/root /c/magic`;
  await builder.build(`${BASE}RUN --mount=type=cache,target=/c,id=linked ${links}\n`);
  for (const [options, error] of REFUSED) {
    assert.match(await builder.failure(`${BASE}RUN --mount=type=cache,${options} true\n`), error, options);
  }
  for (const instruction of WITH_NUL) assert.match(await builder.failure(`${BASE}${instruction}\n`), NUL, instruction);
  assertUntouched();
});

test.run();
