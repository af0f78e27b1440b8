import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('files of settings');

let place: Workplace;
test.before(() => {
  place = new Workplace();
  place.write('project/.git/HEAD', '');
  place.write(
    'project/app/Dockerfile',
    'FROM scratch AS a\nARG V\nARG W\nARG X\nCOPY Dockerfile /$V\nLABEL is="$V $W $X"\nFROM a AS b\nCOPY b.txt /\n',
  );
  place.write('project/app/b.txt', '');
  place.write('project/tsbuild.yaml', 'build:\n  target: a\n  build-arg: {V: project, W: project}\n');
  place.write('user.yaml', 'build:\n  platform: linux/arm64\n  build-arg: {V: user, W: user, X: user}\n');
});
test.after(() => place.remove());

function run(args: readonly string[], env: Record<string, string> = {}) {
  const settings = { TSBUILD_CONFIG: place.at('user.yaml'), ...env };
  return place.run(args, { cwd: place.at('project/app'), env: settings });
}

test('the command line wins over the environment, that over the project, and that over the user', async () => {
  const { code, stderr } = await run(['-t', 'x', '--build-arg', 'V=line', '.'], {
    DOCKER_DEFAULT_PLATFORM: 'linux/s390x',
  });
  assert.is(code, 0, stderr);
  const [image] = JSON.parse((await run(['inspect', 'x'])).stdout);
  assert.equal([image.Architecture, image.Config.Labels], ['s390x', { is: 'line project user' }]);
});

test('a wrong value is shown where it is written, unless the command line has another', async () => {
  const env = { TSBUILD_CONFIG: place.write('wrong.yaml', 'build:\n  memory: lots\nrun:\n  memory: more\n') };
  const { code, stderr } = await run(['.'], env);
  assert.is(code, 2);
  assert.match(stderr, /wrong\.yaml:2\n(.*\n)+.*>>> {3}memory: lots\n(.*\n)+ERROR: --memory lots: it is no size\n/);
  assert.is((await run(['build', '--memory=1g', '.'], env)).code, 0);
  assert.match((await run(['run', 'x', '-h'], env)).stderr, /wrong\.yaml:4\n/);
  assert.match((await run(['.'], { BUILDKIT_PROGRESS: 'fancy' })).stderr, /^ERROR: \$BUILDKIT_PROGRESS: /);
});

test('a default yields to an option that says the same in other words', async () => {
  const env = { TSBUILD_CONFIG: place.write('attest.yaml', 'build:\n  provenance: false\n') };
  for (const args of [[], ['--attest=type=provenance']]) {
    const { code, stderr } = await run(['--output', `type=oci,dest=${place.at('image.tar')}`, ...args, '.'], env);
    assert.is(code, 0, stderr);
    assert.is(readFileSync(place.at('image.tar'), 'latin1').includes('slsa.dev/provenance'), args.length > 0);
  }
});

test('debug takes the stage of its line, whatever the file says', async () => {
  const { stderr } = await run(['debug', '--at', '99', '.']);
  assert.match(stderr, /99/);
  assert.not.match(stderr, /exclude each other/);
});

test('context looks at all stages', async () => {
  const { stdout } = await run(['context', 'why', 'b.txt', '.']);
  assert.match(stdout, /COPY b\.txt/);
});

test('explain looks at the build that the files mean', async () => {
  assert.is((await run(['.'])).code, 0);
  for (const [env, outcome] of [
    [{}, 'hit'],
    [{ TSBUILD_PROJECT_CONFIG: '' }, 'miss'],
  ] as const) {
    const { stdout } = await run(['explain', '--json', '.'], env);
    assert.is(/"outcome": ?"miss"/.test(stdout), outcome === 'miss', stdout);
  }
});

test('config shows what holds, and who says so', async () => {
  const { project, user, settings } = JSON.parse((await run(['config', '--json'])).stdout);
  assert.equal([project, user], [{ path: place.at('project/tsbuild.yaml') }, { path: place.at('user.yaml') }]);
  const shown = settings.map(({ option, value, where }: Record<string, string>) => [
    option,
    value,
    where?.split('/').at(-1),
  ]);
  assert.equal(
    shown,
    [
      ['build-arg', 'V=project', 'tsbuild.yaml:3'],
      ['build-arg', 'W=project', 'tsbuild.yaml:3'],
      ['build-arg', 'X=user', 'user.yaml:3'],
      ['platform', 'linux/arm64', 'user.yaml:2'],
      ['target', 'a', 'tsbuild.yaml:2'],
    ].map(([option, value, where]) => [option, value === 'linux/arm64' ? [value] : value, where]),
  );
  assert.match((await run(['config'])).stdout, /^build +target +a +\/.*\/project\/tsbuild\.yaml:2$/m);
});

test('a broken file is in the way of no help, and of no command without settings', async () => {
  const env = { TSBUILD_CONFIG: place.write('broken.yaml', '{') };
  assert.is((await run(['.'], env)).code, 1);
  for (const args of [['--help'], ['build', '--help'], ['run', '--help'], ['images']]) {
    assert.is((await run(args, env)).code, 0, args.join(' '));
  }
});

test.run();
