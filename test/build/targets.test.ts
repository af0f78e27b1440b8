import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasSingleId, inUserNamespace } from '../../runner/index.ts';
import type { BuildEvent } from '../../src/base/events.ts';
import { buildTargets } from '../../src/build/build.ts';
import type { BuildTarget } from '../../src/build/target.ts';
import { TestBuilder } from '../ops/builder.ts';
import { linesOf } from '../snapshot/layer-stack.ts';
import { parseSamples } from '../tar/samples.ts';

const test = suite('several targets in one build');

/** A target with a context of its own, whose files have their own names as content. */
function targetOf(builder: TestBuilder, name: string, dockerfile: string, more: Partial<BuildTarget> = {}) {
  const context = join(builder.directory, name);
  mkdirSync(context);
  for (const file of ['same', name]) writeFileSync(join(context, file), file);
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  const target: BuildTarget = {
    name,
    context,
    tags: [],
    buildArgs: {},
    labels: {},
    noCache: false,
    pull: false,
    outputs: [{ type: 'tar', destination: `${context}.tar` }],
    ...more,
  };
  return target;
}

/** The names of the steps that ran, and the files of each target. */
async function solve(builder: TestBuilder, targets: readonly BuildTarget[]) {
  const names = new Map<string, string>();
  const executed: string[] = [];
  const emit = (event: BuildEvent) => {
    if (event.type === 'vertex') names.set(event.vertex, event.name);
    if (event.type === 'started') executed.push(names.get(event.vertex) ?? '');
  };
  const environment = { rootless: inUserNamespace(), singleUid: hasSingleId() };
  const { signal } = new AbortController();
  await buildTargets(targets, { jobs: 2, root: builder.root, ...environment, emit, signal });
  const files = targets.map(({ context }) =>
    linesOf(parseSamples(readFileSync(`${context}.tar`))).map((line) => line.split(' ', 1)[0]),
  );
  return { steps: executed.filter((name) => /\d\/\d\]/.test(name)).sort(), internal: executed, files };
}

test('equal steps run once, and each target has its own context', () =>
  TestBuilder.with(async (builder) => {
    const text = (name: string) => `FROM scratch\nCOPY same /\nCOPY ${name} /\n`;
    const targets = ['one', 'two'].map((name) => targetOf(builder, name, text(name)));
    const { steps, files } = await solve(builder, targets);
    const shared = steps.filter((name) => name.endsWith('1/2] COPY same /'));
    assert.is(shared.length, 1, 'under the name that it has in the target that comes first to it');
    assert.equal(
      steps.filter((name) => !shared.includes(name)),
      ['[one 2/2] COPY one /', '[two 2/2] COPY two /'],
    );
    assert.equal(files, [
      ['one', 'same'],
      ['same', 'two'],
    ]);
  }));

test('a base image is resolved once; arguments are those of the target', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('base', [[{ path: 'base' }]]);
    const text = 'FROM base\nARG WHO\nCOPY same /for-$WHO\n';
    const targets = ['one', 'two'].map((name) => targetOf(builder, name, text, { buildArgs: { WHO: name } }));
    const { internal, files } = await solve(builder, targets);
    assert.is(internal.filter((name) => name.includes('load metadata')).length, 1);
    assert.equal(files, [
      ['base', 'for-one'],
      ['base', 'for-two'],
    ]);
  }));

test('one target may be built without the cache', () =>
  TestBuilder.with(async (builder) => {
    const text = (name: string) => `FROM scratch\nCOPY same /of-${name}\n`;
    const targets = ['one', 'two'].map((name) => targetOf(builder, name, text(name)));
    await solve(builder, targets);
    const [one, two] = targets as [BuildTarget, BuildTarget];
    const { steps } = await solve(builder, [one, { ...two, noCache: true }]);
    assert.equal(steps, ['[two 1/1] COPY same /of-two']);
  }));

test('the failure of one target keeps all of them from being delivered', () =>
  TestBuilder.with(async (builder) => {
    const good = targetOf(builder, 'good', 'FROM scratch\nCOPY same /\n');
    const bad = targetOf(builder, 'bad', 'FROM scratch\nCOPY missing /\n');
    const failure = await solve(builder, [good, bad]).catch(String);
    assert.match(failure as string, /missing/);
    assert.throws(() => readFileSync(`${good.context}.tar`), /ENOENT/);
  }));

test.run();
