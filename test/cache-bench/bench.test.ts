import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry } from '../../fixtures/docker-registry.ts';
import type { BenchResult } from '../../src/bench/types.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('tsbuild bench');

const DOCKERFILE = `FROM busybox
ARG LEVEL=1
COPY yarn.lock .
RUN cat yarn.lock >installed
COPY src src
RUN echo $LEVEL >level
`;

/** Every path with its content and times. */
function snapshotOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${path} ${statSync(path).mtimeMs} ${readFileSync(path, 'latin1')}`);
}

let place: Workplace;
let result: BenchResult;
let before: string[];
let images: string;
test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('project/Dockerfile', DOCKERFILE);
  place.write('project/yarn.lock', 'a\n');
  place.write('project/src/main.sh', 'true\n');
  before = snapshotOf(place.at('project'));
  images = await place.ok(['images', '--json']);
  const args = ['bench', 'project', '--runs', '1', '--json', 'bench.json', '--html', 'bench.html'];
  place.write('table', await place.ok(args));
  result = JSON.parse(readFileSync(place.at('bench.json'), 'utf8')) as BenchResult;
});
test.after(() => place.remove());

test('each scenario executes what has changed and no more', () => {
  const executed = result.scenarios.map(({ name, steps }) => [
    name,
    steps
      .filter((step) => !step.isHit && !/\] FROM /.test(step.name))
      .map((step) => step.name.replace(/^\[[^\]]*\] (\S+ \S+).*/, '$1')),
  ]);
  assert.equal(Object.fromEntries(executed), {
    cold: ['COPY yarn.lock', 'RUN cat', 'COPY src', 'RUN echo'],
    'no-op': [],
    touch: [],
    leaf: ['COPY src', 'RUN echo'],
    lockfile: ['COPY yarn.lock', 'RUN cat', 'COPY src', 'RUN echo'],
    argument: ['RUN cat', 'COPY src', 'RUN echo'],
    base: ['COPY yarn.lock', 'RUN cat', 'COPY src', 'RUN echo'],
    remote: [],
  });
  assert.ok(result.scenarios.every(({ walls, failures }) => walls.tsbuild?.length === 1 && !('tsbuild' in failures)));
});

test('bytes are those of what was copied, written and stored', () => {
  const bytes = new Map(result.scenarios.map((scenario) => [scenario.name, scenario.bytes]));
  assert.equal(bytes.get('cold')?.copied, 7);
  assert.equal(bytes.get('cold')?.layers, 7 + 2 + 2);
  assert.equal(bytes.get('no-op'), { copied: 0, layers: 0, blobs: 0 });
  assert.ok((bytes.get('leaf')?.copied ?? 0) > 5);
});

test('neither the project nor the store of the user is another one afterwards', async () => {
  assert.equal(snapshotOf(place.at('project')), before);
  assert.is(await place.ok(['images', '--json']), images);
  assert.is(await place.ok(['builds', 'ls', '-q']), '');
  assert.equal(readdirSync(join(place.root, 'v1/tmp')), []);
});

test('there is a table, and a page that asks for nothing', () => {
  const table = readFileSync(place.at('table'), 'utf8');
  assert.match(table, /^SCENARIO +TIME +SAVED +HITS +COPIED +LAYERS +BLOBS\ncold .* 0\/5 /);
  assert.match(table, /\nleaf: src\/main\.sh is edited \(of COPY src src\)\n/);
  const page = readFileSync(place.at('bench.html'), 'utf8');
  assert.match(page, /default-src 'none'; style-src 'sha256-/);
  assert.not.match(page, /<script|https?:|url\(|@import| src=/);
  assert.is([...page.matchAll(/<rect class="b0"/g)].length, result.scenarios.length);
});

test('a scenario that fails is told and does not end the others; a builder that nobody knows is an error', async () => {
  place.write(
    'bench.yaml',
    'scenarios:\n  - { name: gone, remove: src/main.sh }\n  - { name: no lock, remove: yarn.lock }\n',
  );
  const { code, stdout } = await place.run(['bench', 'project', '--scenario', 'bench.yaml', '--runs', '1']);
  assert.is(code, 1);
  assert.match(stdout, /^gone +\d/m);
  assert.match(stdout, /^no lock +failed/m);
  assert.match(stdout, /no lock: tsbuild failed: .*yarn\.lock/);
  assert.is((await place.run(['bench', 'project', '--against', 'kaniko'])).code, 2);
  assert.is((await place.run(['bench', 'project', '--remote', 'localhost:5000/bench:1'])).code, 2);
});

test('the cache goes through a registry that is named, and the settings of the project hold', async () => {
  const registry = await startRegistry();
  try {
    place.write('elsewhere/tsbuild.yaml', 'build: { target: nowhere }\n');
    place.write('project/tsbuild.yaml', 'build: { build-arg: { LEVEL: 7 } }\n');
    place.write('project/Dockerfile', `${DOCKERFILE}RUN test $LEVEL = 7\n`);
    place.write('remote.yaml', 'scenarios: [{ name: far, store: remote }]\n');
    const remote = `--remote=${registry.host}/bench`;
    const options = ['--scenario', '../remote.yaml', '--runs', '1', '--json', '-', remote];
    const said = await place.ok(['bench', '../project', ...options], { cwd: place.at('elsewhere') });
    const [far] = (JSON.parse(said) as BenchResult).scenarios;
    assert.equal(far?.failures, {});
    assert.ok(far?.steps.every(({ name, isHit }) => isHit || /\] FROM /.test(name)));
    const tags = await fetch(`http://${registry.host}/v2/bench/tags/list`);
    assert.equal(await tags.json(), { name: 'bench', tags: ['tsbuild-bench'] });
  } finally {
    await registry.stop();
  }
});

test.run();
