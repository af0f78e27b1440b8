import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contextName, findContext } from '../../src/frontend/named-context.ts';
import type { NamedContext } from '../../src/frontend/plan-types.ts';
import { chainOf, failure, planned } from './planned.ts';

const test = suite('names that --build-context gives another meaning');

const AMD64 = { os: 'linux', architecture: 'amd64' };

/** A name as given, and what it is called from there on. */
const NAMES: readonly (readonly [written: string, name: string])[] = [
  ['alpine', 'alpine'],
  ['alpine:latest', 'alpine'],
  ['docker.io/library/alpine', 'alpine'],
  ['docker.io/library/alpine:3', 'alpine:3'],
  ['index.docker.io/me/app', 'me/app'],
  ['localhost:5000/x', 'localhost:5000/x'],
  ['alpine::linux/arm64', 'alpine::linux/arm64'],
  ['docker.io/library/alpine:latest::linux/arm64', 'alpine::linux/arm64'],
];

for (const [written, name] of NAMES) test(`${written} is ${name}`, () => assert.is(contextName(written), name));

test('what can be no name is an error', () => {
  assert.throws(() => contextName('Base'), /must be lower case/);
  assert.throws(() => contextName('a b'), /invalid image name/);
});

test('a name for one platform comes before that for all', () => {
  const contexts = new Map([
    ['alpine', 1],
    ['alpine::linux/arm64', 2],
    ['only::linux/arm64', 3],
  ]);
  const ask = (name: string, architecture = 'amd64') => findContext(contexts, name, { os: 'linux', architecture });
  assert.equal([ask('alpine'), ask('docker.io/library/alpine:latest'), ask('alpine', 'arm64')], [1, 1, 2]);
  assert.equal(
    [ask('only'), ask('only', 'arm64'), ask('alpine:3'), ask('$no name')],
    [undefined, 3, undefined, undefined],
  );
});

const DIRECTORY: NamedContext = { kind: 'directory', scope: 'other' };

/** Plans with contexts by their exact names. */
function withContexts(text: string, contexts: Record<string, NamedContext>, images = {}) {
  return planned(text, { images, namedContext: async (name) => contexts[name] });
}

test('a directory in FROM is one layer of all its files, and COPY --from reads it in place', async () => {
  const { plan, history } = await withContexts('FROM files\nCOPY --from=files a /b\n', { files: DIRECTORY });
  assert.equal(
    chainOf(plan).map((op) => [op.kind, op.from, op.sources]),
    [
      ['scratch', undefined, undefined],
      ['copy', 'context', [{ pattern: '' }]],
      ['copy', 'context', [{ pattern: 'a' }]],
    ],
  );
  assert.equal([plan.rootfs.scope, plan.rootfs.inputs.length], ['other', 1]);
  assert.equal(history, ['+ FROM files', '+ COPY a /b # buildkit']);
});

test('a stage whose name is a context is replaced by it, and what it is made of is not looked at', async () => {
  const text = 'FROM gone AS deps\nRUN x\nFROM scratch\nCOPY --from=deps a /\nCOPY --from=0 b /\n';
  const { plan, resolved } = await withContexts(text, { deps: DIRECTORY });
  assert.equal(resolved, []);
  assert.equal([plan.rootfs.scope, plan.rootfs.inputs[0]?.scope], ['other', 'other']);
});

test('a context comes before a stage further down', async () => {
  const text = 'FROM scratch\nCOPY --from=later a /\nFROM scratch AS later\n';
  assert.match(await failure(text, { target: '0' }), /used before it is defined/);
  const { plan } = await planned(text, { target: '0', namedContext: async () => DIRECTORY });
  assert.is(plan.rootfs.op.from, 'context');
});

test('scratch stays scratch', async () => {
  assert.is((await withContexts('FROM scratch\n', { scratch: DIRECTORY })).plan.rootfs.op.kind, 'scratch');
});

test('what another target builds: its files, configuration, history and triggers', async () => {
  const { plan: base } = await planned('FROM scratch\nENV A=1\nCOPY a /\nONBUILD ENV B=2\n');
  const { plan, config, history } = await withContexts('FROM base\nRUN x $A\n', { base: { kind: 'plan', plan: base } });
  assert.is(plan.rootfs.inputs[0], base.rootfs);
  assert.equal(config.Env?.slice(1), ['A=1', 'B=2']);
  assert.is(config.OnBuild, undefined);
  assert.equal(history.length, 4);
});

test('an image by another name brings its configuration', async () => {
  const { plan: _, ...other } = await planned('FROM real\nENV A=1\n', { images: { real: {} } });
  assert.equal(other.resolved, ['real']);
  const image = {
    reference: 'docker.io/library/real:1',
    manifest: { mediaType: 'm', digest: `sha256:${'1'.repeat(64)}` as const, size: 1 },
    layers: [],
    config: { ...AMD64, config: { Env: ['C=3'] }, rootfs: { type: 'layers' as const, diff_ids: [] } },
  };
  const { config, resolved } = await withContexts('FROM alpine\n', { alpine: { kind: 'image', image } });
  assert.equal([resolved, config.Env?.[0]], [[], 'C=3']);
});

test.run();
