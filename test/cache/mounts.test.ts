import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { FileLock } from '../../src/store/file-lock.ts';
import { type ReverseProxy, startReverseProxy } from '../support/reverse-proxy.ts';
import { outcomeOf, Workplace } from '../support/workplace.ts';

const test = suite('cache mounts between machines');

let registry: TestRegistry;
let proxy: ReverseProxy;
let first: Workplace;

const MOUNT = '--mount=type=cache,id=pkg,target=/c';
const FILL = `mkdir -p /c/d && head -c 3000000 /dev/urandom > /c/d/big && echo old > /c/d/small && ln -s d/big /c/link && \
head -c 9000000 /dev/zero > /c/zero && mkfifo /c/pipe && chmod 4755 /c/d/small && chown 7:8 /c/d && touch -d @1000000000 /c/d`;

const CHANGE =
  'echo new > /c/d/small; head -c 100000 /dev/urandom > /c/added; dd if=/c/added of=/c/zero bs=1 count=9 conv=notrunc';

const ref = () => `${proxy.host}/cache:main`;
const to = () => ['--cache-to', `type=registry,ref=${ref()},mounts=true`];
const from = () => ['--cache-from', ref()];
const sent = () => proxy.passed.reduce((sum, one) => sum + one.sent, 0);
const step = (command: string, mount = MOUNT) => `FROM busybox\nRUN --network=none ${mount} ${command}\n`;

test.before(async () => {
  registry = await startRegistry();
  proxy = await startReverseProxy(registry.port);
  first = await Workplace.withBusybox();
  await first.build(step(FILL), to());
});

test.after(async () => {
  await proxy.stop();
  await registry.stop();
  first.remove();
});

test('a second machine has them, without what nobody may get from a stranger', async () => {
  const second = await Workplace.withBusybox();
  try {
    const same = `test "$(cat /c/d/small)" = old && test -h /c/link && test -f /c/link && test ! -e /c/pipe && \
test "$(stat -c %a /c/d/small)" = 755 && test "$(stat -c '%u:%g %Y' /c/d)" = '7:8 1000000000' && \
test "$(stat -c %s /c/zero)" = 9000000`;
    await second.build(step(same), from());
    await second.build(step(`${same} && test -e /c/d/big && cmp /c/d/big /c/link`), ['--network', 'none', ...from()]);
  } finally {
    second.remove();
  }
});

test('what is the same is not sent again, and of what has changed only that', async () => {
  const layersOf = async () => JSON.parse(await (await manifest()).text()).layers.length;
  const before = await layersOf();
  proxy.passed.length = 0;
  await first.build(step('cat /c/d/small'), to());
  assert.ok(sent() < 4000, `unchanged: ${sent()} bytes`);
  proxy.passed.length = 0;
  await first.build(step(CHANGE), to());
  assert.ok(sent() > 100_000 && sent() < 125_000, `changed: ${sent()} bytes`);
  assert.is(await layersOf(), before + 1);
  const third = await Workplace.withBusybox();
  try {
    await third.build(
      step('test "$(cat /c/d/small)" = new && test -s /c/d/big && test "$(stat -c %s /c/added)" = 100000'),
      from(),
    );
  } finally {
    third.remove();
  }
});

function manifest(): Promise<Response> {
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  return fetch(`http://127.0.0.1:${registry.port}/v2/cache/manifests/main`, { headers: { accept } });
}

test('an export waits for the builds that use a mount', async () => {
  const mounts = join(first.root, 'v1/mounts');
  const lock = await FileLock.take({ path: join(mounts, readdirSync(mounts)[0] ?? '', '0.lock'), mode: 'shared' });
  const child = first.start(['build', '--progress=rawjson', ...to(), '-f', '-', '.']);
  const outcome = outcomeOf(child);
  child.stdin?.end(step(CHANGE));
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.includes('waiting for another build')) lock.release();
  });
  const { code, stderr } = await outcome;
  assert.is(code, 0, stderr);
  assert.match(stderr, 'waiting for another build');
});

test('a mount is fetched when a step runs that has it, and replaces an older one only', async () => {
  const second = await Workplace.withBusybox();
  try {
    proxy.passed.length = 0;
    const other = step('test ! -e /c/d', '--mount=type=cache,id=other,target=/c');
    const { stderr } = await second.run(['build', ...from(), '-f', '-', '.'], { stdin: other });
    assert.not.match(stderr, /importing the cache mount/);
    await second.build(step('rm -rf /c/* && echo mine > /c/mine', MOUNT));
    await second.build(step('test -e /c/mine && test ! -e /c/d', MOUNT), from());
    age(second);
    const run = await second.run(['build', ...from(), '-f', '-', '.'], {
      stdin: step('test ! -e /c/mine && test -e /c/d'),
    });
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stderr, /importing the cache mount pkg, 12\.\dMB/);
  } finally {
    second.remove();
  }
});

/** Makes the mounts of a store look as if nobody had used them for long. */
function age({ root }: Workplace): void {
  const mounts = join(root, 'v1/mounts');
  for (const name of readdirSync(mounts)) utimesSync(join(mounts, name, 'meta.json'), 1000, 1000);
}

test('a machine that executes nothing carries them along; a directory holds them as well', async () => {
  const second = await Workplace.withBusybox();
  try {
    const args = [...from(), '--cache-to', `type=local,dest=${second.at('out')},mounts=true`];
    const dockerfile = step(CHANGE);
    const { stderr } = await second.run(['build', ...args, '-f', '-', '.'], { stdin: dockerfile });
    assert.not.match(stderr, /importing the cache mount/);
    const third = await Workplace.withBusybox();
    await third.build(step('test -e /c/d/big && test -e /c/added'), [
      '--cache-from',
      `type=local,src=${second.at('out')}`,
    ]);
    third.remove();
  } finally {
    second.remove();
  }
});

test('a blob that is not what it was called is refused, and the step runs with an empty mount', async () => {
  const second = await Workplace.withBusybox();
  try {
    await second.run(
      ['build', ...from(), '--cache-to', `type=local,dest=${second.at('out')},mounts=true`, '-f', '-', '.'],
      { stdin: step(CHANGE) },
    );
    const blobs = second.at('out/blobs/sha256');
    for (const name of readdirSync(blobs)) {
      const content = readFileSync(join(blobs, name));
      if (content.length < 50_000) continue;
      content.writeUInt8(content.readUInt8(content.length >> 1) ^ 1, content.length >> 1);
      writeFileSync(join(blobs, name), content);
    }
    const third = await Workplace.withBusybox();
    const run = await third.run(['build', '--cache-from', `type=local,src=${second.at('out')}`, '-f', '-', '.'], {
      stdin: step('test ! -e /c/d'),
    });
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stderr, /the cache mount pkg was not brought in/);
    const mounts = join(third.root, 'v1/mounts');
    for (const name of readdirSync(mounts))
      assert.equal(readdirSync(join(mounts, name)).sort(), ['0', '0.lock', 'meta.json']);
    assert.ok(existsSync(mounts));
    third.remove();
  } finally {
    second.remove();
  }
});

test.run();
