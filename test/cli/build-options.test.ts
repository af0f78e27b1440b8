import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BuildArguments, buildOptionsOf } from '../../src/cli/build-options.ts';

const test = suite('options of a build');

function optionsOf(argv: Partial<BuildArguments>, env: NodeJS.ProcessEnv = {}) {
  return buildOptionsOf({ context: '.', progress: 'auto', ...argv }, env);
}

test('--build-arg NAME takes the value of the environment, and is nothing without one', () => {
  const { buildArgs } = optionsOf({ buildArg: ['a=1', 'b', 'c', 'd=', 'e=x=y'] }, { b: '2' });
  assert.equal(buildArgs, { a: '1', b: '2', d: '', e: 'x=y' });
});

test('--label without = is empty', () => {
  assert.equal(optionsOf({ label: ['a', 'b=1'] }).labels, { a: '', b: '1' });
});

const NAMES: [tag: string, full: string][] = [
  ['app', 'docker.io/library/app:latest'],
  ['me/app:1', 'docker.io/me/app:1'],
  ['localhost:5000/x', 'localhost:5000/x:latest'],
  ['example.org/a/b:c', 'example.org/a/b:c'],
];

for (const [tag, full] of NAMES) {
  test(`-t ${tag} is ${full}`, () => assert.equal(optionsOf({ tag: [tag] }).tags, [full]));
}

test('SOURCE_DATE_EPOCH comes from the arguments, else from the environment, and ARG sees it', () => {
  assert.is(optionsOf({}).epoch, undefined);
  const fromEnvironment = optionsOf({}, { SOURCE_DATE_EPOCH: '5' });
  assert.equal([fromEnvironment.epoch, fromEnvironment.buildArgs.SOURCE_DATE_EPOCH], [5, '5']);
  assert.is(optionsOf({ buildArg: ['SOURCE_DATE_EPOCH=6'] }, { SOURCE_DATE_EPOCH: '5' }).epoch, 6);
  assert.throws(() => optionsOf({}, { SOURCE_DATE_EPOCH: 'yesterday' }), /not a number of seconds: "yesterday"/);
});

test('without -o the image goes into the store; --push pushes it', () => {
  assert.equal(optionsOf({}).outputs, [{ type: 'image', names: [], push: false }]);
  assert.equal(optionsOf({ push: true, tag: ['x'] }).outputs, [{ type: 'image', names: [], push: true }]);
  const [output] = optionsOf({ output: ['type=image,name=x,push=true'] }).outputs;
  assert.equal(output, { type: 'image', names: ['docker.io/library/x:latest'], push: true });
});

test('--jobs is the number of processors, but two at least', () => {
  assert.ok(optionsOf({}).jobs >= 2);
  assert.is(optionsOf({ jobs: '1' }).jobs, 1);
  for (const jobs of ['0', '-1', '1.5', 'x', ''])
    assert.throws(() => optionsOf({ jobs }), /is not a number of 1 or more/);
});

test.run();
