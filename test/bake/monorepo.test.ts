import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeMonorepo } from '../../fixtures/monorepo-of.ts';
import { buildTargetOf, selectBake } from '../../src/bake/index.ts';
import type { BuildEvent } from '../../src/base/events.ts';
import { buildTargets } from '../../src/build/build.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('bake: a monorepo of 50 targets');

/** Builds all targets of the directory; returns the steps that were executed, without the targets that show them. */
async function bake(directory: string, root: string): Promise<string[]> {
  const options = {
    files: [],
    targets: [],
    overrides: ['*.output=type=cacheonly'],
    vars: new Map(),
    env: {},
    platform: 'linux/amd64',
    directory,
  };
  const { targets } = await selectBake(options);
  const builds = [...targets.values()].map((target) => {
    const build = buildTargetOf(target, {});
    return { ...build, context: directory, file: join(directory, 'Dockerfile') };
  });
  const names = new Map<string, string>();
  const started = new Set<string>();
  const emit = (event: BuildEvent): void => {
    if (event.type === 'vertex') names.set(event.vertex, event.name);
    if (event.type === 'started') started.add(event.vertex);
    if (event.type === 'cached') started.delete(event.vertex);
  };
  const { signal } = new AbortController();
  await buildTargets(builds, { root, jobs: 4, rootless: false, singleUid: false, emit, signal });
  const steps = [...started].flatMap((vertex) => /^\[.*\d\/\d\] (COPY .*)$/.exec(names.get(vertex) ?? '')?.[1] ?? []);
  return steps.sort();
}

function count(steps: readonly string[]): Record<string, number> {
  const kinds = steps.map((step) => /COPY (\w+)/.exec(step)?.[1] ?? step);
  return Object.fromEntries([...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length]));
}

test('cold, no-op, one leaf, one library, what all share: what is executed', async () => {
  const place = mkdtempSync(join(tmpdir(), 'tsbuild-monorepo-'));
  try {
    const [directory, root] = [join(place, 'repository'), join(place, 'root')];
    assert.is(writeMonorepo(directory, 50).length, 50);
    const edit = (path: string): void => writeFileSync(join(directory, path), 'edited\n');
    assert.equal(count(await bake(directory, root)), { libraries: 10, packages: 50, shared: 1 });
    assert.equal(await bake(directory, root), []);
    edit('packages/package-7/main');
    assert.equal(count(await bake(directory, root)), { packages: 1 });
    edit('libraries/library-3/code');
    assert.equal(count(await bake(directory, root)), { libraries: 1, packages: 5 });
    edit('shared/version');
    assert.equal(count(await bake(directory, root)), { libraries: 10, packages: 50, shared: 1 });
  } finally {
    rmSync(place, { recursive: true });
  }
});

test.run();
