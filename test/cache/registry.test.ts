import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { type ReverseProxy, startReverseProxy } from '../support/reverse-proxy.ts';
import { validImage } from '../support/valid-image.ts';
import { type Outcome, Workplace } from '../support/workplace.ts';

const test = suite('a cache that travels through a registry');

let registry: TestRegistry;
let proxy: ReverseProxy;
let first: Workplace;
let id: string;
let exported: Outcome;

const DOCKERFILE = () => `FROM ${proxy.host}/base:1 AS make
RUN head -c 3000000 /dev/urandom > /big
COPY a /in/
RUN cat /in/a > /out && date +%N >> /out
FROM ${proxy.host}/base:1
WORKDIR /app
COPY --from=make /out /app/out
COPY b /app/
RUN cat /app/* > /all
CMD ["cat", "/app/out"]
`;

function context(place: Workplace, files: { a?: string; b?: string } = {}): string {
  place.write('context/a', files.a ?? 'a\n');
  place.write('context/b', files.b ?? 'b\n');
  place.write('context/Dockerfile', DOCKERFILE());
  return place.at('context');
}

/** Builds on a machine, and says which steps it executed. */
async function build(place: Workplace, args: readonly string[]): Promise<Outcome & { executed: string[]; id: string }> {
  const all = ['build', '--progress=plain', '--iidfile', place.at('id'), '-t', 'app', ...args];
  const outcome = await place.run([...all, place.at('context')]);
  assert.is(outcome.code, 0, outcome.stderr);
  const steps = [...outcome.stderr.matchAll(/^#(\d+) \[(?!internal)([^\]]*)\] (RUN|COPY|WORKDIR)/gm)];
  const cached = new Set([...outcome.stderr.matchAll(/^#(\d+) CACHED/gm)].map(([, step]) => step));
  const executed = steps.filter(([, step]) => !cached.has(step)).map(([, , name = '']) => name);
  const { stdout } = await place.run(['inspect', 'app']);
  return { ...outcome, executed: [...new Set(executed)], id: JSON.parse(stdout)[0].Id };
}

const ref = () => `${proxy.host}/cache:main`;
const from = () => ['--cache-from', `type=registry,ref=${ref()}`];
const requests = (method: string) => proxy.passed.filter((one) => one.method === method).length;
const downloaded = () => proxy.passed.reduce((sum, one) => sum + one.received, 0);

test.before(async () => {
  registry = await startRegistry();
  proxy = await startReverseProxy(registry.port);
  first = await Workplace.withBusybox();
  await first.ok(['tag', 'busybox', `${proxy.host}/base:1`]);
  await first.ok(['push', '-q', `${proxy.host}/base:1`]);
  await first.ok(['rmi', 'busybox', `${proxy.host}/base:1`]);
  await first.ok(['prune', '--all']);
  context(first);
  const built = await build(first, ['--cache-to', `type=registry,ref=${ref()},mode=max`]);
  ({ id } = built);
  exported = built;
});
test.after(async () => {
  await proxy.stop();
  await registry.stop();
  first.remove();
});
test.before.each(() => {
  proxy.passed.length = 0;
});

/** A machine with an empty store. */
async function elsewhere(action: (place: Workplace) => Promise<void>): Promise<void> {
  const place = new Workplace();
  try {
    await action(place);
  } finally {
    place.remove();
  }
}

test('an empty store executes nothing, fetches no layer, and has the same image', () =>
  elsewhere(async (place) => {
    context(place);
    const built = await build(place, from());
    assert.equal([built.executed, built.id], [[], id]);
    assert.match(exported.stderr, /exporting cache to/);
    const blobs = proxy.passed.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
    assert.is(blobs.length, 2, 'the configuration of the base image, and the records of the cache');
    assert.ok(downloaded() < 40_000, `${downloaded()} bytes`);
    proxy.passed.length = 0;
    assert.equal((await build(place, from())).executed, []);
    const asked = proxy.passed.map(({ method, path }) => `${method} ${path}`);
    assert.equal(asked, ['HEAD /v2/base/manifests/1'], 'what has been adopted is known here');
    await place.ok(['run', '--rm', 'app']);
    const { config } = await validImage(place.root, 'app');
    assert.is(config.history?.length, 6);
  }));

test('its push links layers, and fetches and sends none', () =>
  elsewhere(async (place) => {
    context(place);
    await build(place, from());
    await place.ok(['tag', 'app', `${proxy.host}/pushed:1`]);
    await place.ok(['push', '-q', `${proxy.host}/pushed:1`]);
    const moved = proxy.passed.filter(({ sent, received }) => sent > 20_000 || received > 40_000);
    assert.equal(moved, []);
    assert.ok(
      proxy.passed.some(({ method, status }) => method === 'POST' && status === 201),
      'mounted',
    );
    await elsewhere(async (third) => {
      assert.ok(await third.ok(['pull', '-q', `${proxy.host}/pushed:1`]));
      assert.is((await validImage(third.root, `${proxy.host}/pushed:1`)).manifest.config.digest, id);
    });
  }));

test('with one file edited only the steps that read it are executed', () =>
  elsewhere(async (place) => {
    context(place, { b: 'edited\n' });
    const late = await build(place, from());
    assert.equal(late.executed, ['stage-1 4/5', 'stage-1 5/5']);
    const fetched = downloaded();
    await elsewhere(async (other) => {
      context(other, { a: 'edited\n' });
      const early = await build(other, from());
      assert.equal(early.executed.sort(), ['make 3/4', 'make 4/4', 'stage-1 3/5', 'stage-1 4/5', 'stage-1 5/5']);
      assert.ok(downloaded() > fetched + 3_000_000, 'the stage that runs again needs its large layer');
    });
    assert.ok(fetched < 3_000_000, 'the other stage alone does not');
  }));

test('exporting again sends what is new and no more', () =>
  elsewhere(async (place) => {
    context(place);
    const to = ['--cache-to', `type=registry,ref=${ref()},mode=max`];
    await build(place, [...from(), ...to]);
    assert.equal([requests('PUT'), requests('POST')], [0, 0], 'the very same cache');
    context(place, { b: 'new\n' });
    await build(place, [...from(), ...to, '--no-cache']);
    await elsewhere(async (other) => {
      context(other, { b: 'new\n' });
      assert.equal((await build(other, from())).executed, []);
    });
  }));

test('the first of several refs that is there counts; one that is not is a warning', () =>
  elsewhere(async (place) => {
    context(place, { b: 'new\n' });
    const branch = `type=registry,ref=${proxy.host}/cache:branch`;
    const { executed, stderr } = await build(place, ['--cache-from', branch, ...from()]);
    assert.equal(executed, []);
    assert.match(stderr, /no cache from .*cache:branch/);
  }));

test('min holds the result alone: the stages behind it are executed when something changes', () =>
  elsewhere(async (place) => {
    context(place);
    const small = `${proxy.host}/cache:min`;
    await build(place, [...from(), '--cache-to', `type=registry,ref=${small}`]);
    await elsewhere(async (other) => {
      context(other);
      assert.equal((await build(other, ['--cache-from', small])).executed, []);
    });
    await elsewhere(async (other) => {
      context(other, { a: 'edited\n' });
      const { executed } = await build(other, ['--cache-from', small]);
      assert.ok(executed.includes('make 2/4'));
      assert.not.ok(executed.includes('stage-1 2/5'));
    });
  }));

test('inline: an image that was pushed is its own cache', () =>
  elsewhere(async (place) => {
    context(place);
    const image = `${proxy.host}/inline:1`;
    const built = await build(place, [...from(), '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '-t', image]);
    await place.ok(['push', '-q', image]);
    await elsewhere(async (other) => {
      context(other);
      const again = await build(other, ['--cache-from', image, '--cache-to', 'type=inline']);
      assert.equal([again.executed, again.id], [[], built.id]);
    });
  }));

test('local: a directory that is copied to another machine', () =>
  elsewhere(async (place) => {
    context(place);
    const directory = place.at('exported');
    await build(place, [...from(), '--cache-to', `type=local,dest=${directory},mode=max`]);
    assert.equal(readdirSync(directory).sort(), ['blobs', 'index.json', 'oci-layout']);
    await elsewhere(async (other) => {
      context(other);
      assert.equal((await build(other, ['--cache-from', `type=local,src=${directory}`])).executed, []);
      await other.ok(['run', '--rm', 'app']);
    });
  }));

test('what cannot be exported fails the build, unless that is to be ignored', () =>
  elsewhere(async (place) => {
    context(place);
    const nowhere = 'type=registry,ref=127.0.0.1:1/cache';
    const failed = await place.run(['build', ...from(), '--cache-to', nowhere, place.at('context')]);
    assert.is(failed.code, 1);
    assert.match(failed.stderr, /127\.0\.0\.1:1/);
    const { stderr } = await build(place, [...from(), '--cache-to', `${nowhere},ignore-error=true`]);
    assert.match(stderr, /the cache was not exported: .*127\.0\.0\.1:1/);
  }));

test.run();
