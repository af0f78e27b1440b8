import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openWorkspace, type Workspace } from '../../src/build/workspace.ts';
import { writeArchive } from '../../src/export/write-archive.ts';
import { isResultRecord } from '../../src/graph/records.ts';
import { hostPlatform } from '../../src/oci/platform.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { type Pruned, type PruneOptions, prune } from '../../src/prune/prune.ts';
import { Snapshots } from '../../src/snapshot/snapshots.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { TestBuilder } from '../ops/builder.ts';

const test = suite('prune');

const HOUR = 3_600_000;

const DOCKERFILE = `FROM busybox AS make
RUN echo tools > /tools
COPY source /source
RUN cat /source > /made
FROM busybox
COPY --from=make /made /made
RUN echo done > /done
`;

const POLICIES: readonly [name: string, options: Partial<PruneOptions>][] = [
  ['nothing but what no one needs', {}],
  ['cache of the last hour', { keepFor: HOUR }],
  ['no cache of any age', { keepFor: 0, now: Date.now() + HOUR }],
  ['all cache', { all: true }],
];

async function pruned(root: string, options: Partial<PruneOptions> = {}): Promise<readonly Pruned[]> {
  const store = await openStore(root);
  const snapshots = new Snapshots({ root: store.layout.base, temporary: () => root, userXattrs: false });
  const lock = await store.sessions.exclusive({ wait: false });
  assert.ok(lock);
  try {
    return await prune(store, snapshots, { all: false, dryRun: false, now: Date.now(), ...options });
  } finally {
    lock.release();
  }
}

function fullName(name: string): string {
  return formatReference(parseReference(name));
}

function image(name: string): { outputs: [{ type: 'image'; names: string[]; push: false }] } {
  return { outputs: [{ type: 'image', names: [fullName(name)], push: false }] };
}

async function withWorkspace<T>(root: string, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  const options = {
    root,
    signal: new AbortController().signal,
    rootless: false,
    singleUid: false,
    warn: () => undefined,
  };
  const workspace = await openWorkspace(options);
  try {
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}

/** Whoever is left must be whole: images can be handed on, and records lead to snapshots that are here. */
async function assertWhole(builder: TestBuilder): Promise<void> {
  await withWorkspace(builder.root, async (workspace) => {
    for (const { reference, descriptor } of workspace.store.images.list()) {
      const { manifest } = await workspace.images.stored(descriptor.digest, hostPlatform());
      const named = { descriptor, manifest, references: reference === undefined ? [] : [reference] };
      const output = { type: 'docker' as const, destination: join(builder.directory, 'saved.tar') };
      await writeArchive(output, [named], workspace, { signal: new AbortController().signal });
    }
    for (const { value } of resultsOf(workspace.store)) {
      const { snapshot } = value as { snapshot: string };
      await workspace.layers.view(snapshot);
    }
  });
}

function resultsOf({ records }: Store) {
  return [...records.keys('results')].map((key) => records.get('results', key)).filter(isResultRecord);
}

async function buildSome(builder: TestBuilder): Promise<void> {
  await builder.addBusybox();
  writeFileSync(join(builder.context, 'source'), 'first');
  await builder.build(DOCKERFILE, image('kept'));
  writeFileSync(join(builder.context, 'source'), 'second');
  await builder.build(DOCKERFILE, image('kept'));
  await builder.build('FROM kept\nRUN echo more > /more', image('child'));
}

for (const [name, options] of POLICIES) {
  test(`keeping ${name} leaves images that can be saved and records that can be used`, async () =>
    TestBuilder.with(async (builder) => {
      await buildSome(builder);
      await pruned(builder.root, options);
      await assertWhole(builder);
      const again = await builder.build('FROM child\nRUN cat /more /made');
      assert.match(again.output, /more\n?second/);
      assert.equal((await pruned(builder.root, options)).filter(({ kind }) => kind === 'image').length, 0);
      await assertWhole(builder);
    }));
}

test('after the plain prune everything is still cached; after --all nothing is', async () =>
  TestBuilder.with(async (builder) => {
    await buildSome(builder);
    await pruned(builder.root);
    assert.equal((await builder.build(DOCKERFILE, image('kept'))).executed, []);
    await pruned(builder.root, { all: true });
    const { layout } = await openStore(builder.root);
    assert.equal(readdirSync(layout.snapshots), []);
    assert.is((await builder.build(DOCKERFILE, image('kept'))).executed.length, 5);
  }));

test('what a hit stands for is kept with it: stages whose result alone was looked up', async () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    writeFileSync(join(builder.context, 'source'), 'first');
    await builder.build(DOCKERFILE, image('kept'));
    age(await openStore(builder.root), 48 * HOUR);
    assert.equal((await builder.build(DOCKERFILE, image('kept'))).executed, []);
    await pruned(builder.root, { keepFor: 24 * HOUR });
    writeFileSync(join(builder.context, 'source'), 'second');
    const { executed, cached } = await builder.build(DOCKERFILE, image('kept'));
    assert.equal(cached, ['make: RUN echo tools > /tools']);
    assert.is(executed.length, 4);
  }));

test('what nobody used within the time goes', async () =>
  TestBuilder.with(async (builder) => {
    await buildSome(builder);
    age(await openStore(builder.root), 48 * HOUR);
    await pruned(builder.root, { keepFor: 24 * HOUR });
    assert.equal(resultsOf(await openStore(builder.root)), []);
  }));

function age({ records }: Store, milliseconds: number): void {
  const then = new Date(Date.now() - milliseconds);
  for (const kind of ['results', 'definitions']) {
    for (const key of records.keys(kind)) utimesSync(records.path(kind, key), then, then);
  }
}

test('--all keeps where the layers of kept images can be fetched', async () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    await builder.build('FROM busybox\nRUN echo x > /x', image('lazy'));
    const store = await openStore(builder.root);
    const { manifest } = await withWorkspace(builder.root, ({ images }) => images.stored('lazy', hostPlatform()));
    const base = manifest.layers[0]?.digest as `sha256:${string}`;
    const reference = 'localhost:5000/busybox:latest';
    store.sources.remember(base, { reference });
    store.sources.remember(`sha256:${'0'.repeat(64)}`, { reference });
    store.content.remove(base);
    await pruned(builder.root, { all: true });
    assert.equal(store.sources.sourcesOf(base), [{ reference }]);
    assert.equal(store.sources.sourcesOf(`sha256:${'0'.repeat(64)}`), []);
  }));

test('remains of killed builds and damaged snapshots are swept, and no build trips over them', async () =>
  TestBuilder.with(async (builder) => {
    await buildSome(builder);
    const { layout } = await openStore(builder.root);
    mkdirSync(join(layout.snapshots, 'killed', 'fs'), { recursive: true });
    writeFileSync(join(layout.snapshots, 'killed', 'fs', 'file'), '');
    const [damaged = ''] = resultsOf(await openStore(builder.root)).map(
      ({ value }) => (value as { snapshot: string }).snapshot,
    );
    writeFileSync(join(layout.snapshots, damaged, 'meta.json'), '\0\0\0\0');
    await builder.build(DOCKERFILE, image('kept'));
    const ids = (await pruned(builder.root)).flatMap(({ kind, id }) => (kind === 'snapshot' ? [id] : []));
    assert.ok(ids.includes('killed') && ids.includes(damaged), ids.join());
    await assertWhole(builder);
  }));

test('a record of another shape is as good as none', async () =>
  TestBuilder.with(async (builder) => {
    await buildSome(builder);
    const { records } = await openStore(builder.root);
    for (const kind of ['results', 'definitions']) {
      for (const [index, key] of [...records.keys(kind)].entries()) {
        records.put(
          kind,
          key,
          [null, {}, { value: null }, { content: 'x', preImage: { inputs: [] } }][index % 4] ?? null,
        );
      }
    }
    assert.is((await builder.build(DOCKERFILE, image('kept'))).executed.length, 5);
    await pruned(builder.root);
    await assertWhole(builder);
  }));

test('a dry run says the same and deletes nothing', async () =>
  TestBuilder.with(async (builder) => {
    await buildSome(builder);
    const planned = await pruned(builder.root, { all: true, dryRun: true });
    await assertWhole(builder);
    const done = await pruned(builder.root, { all: true });
    assert.equal(idsOf(planned), idsOf(done));
  }));

function idsOf(items: readonly Pruned[]): string[] {
  return items
    .filter(({ kind }) => kind !== 'file')
    .map(({ kind, id }) => `${kind} ${id}`)
    .sort();
}

test.run();
