import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyFixture, takeBases, WITH_IDS, withPlace } from '../e2e/place.ts';
import { assertNothingLeft } from '../e2e/remains.ts';
import { needProgram } from '../house/programs.ts';
import type { Workplace } from '../support/workplace.ts';

const test = suite('a registry in a container of our own image');

/** Puts the program and the libraries it is linked with into the context, where Debian has them. */
function addProgram(context: string): void {
  const program = needProgram('docker-registry');
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+(?= \(0x)/g) ?? [];
  for (const [source, path] of [[program, '/usr/bin/docker-registry'], ...linked.map((file) => [file, file])]) {
    const target = join(context, 'root', path as string);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(source as string), target);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Waits until the registry answers. */
async function answers(host: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++, await sleep(50)) {
    const response = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (response?.ok) return;
  }
  assert.unreachable(`${host} does not answer`);
}

async function healthy(place: Workplace): Promise<void> {
  for (let tries = 0; tries < 100; tries++, await sleep(100)) {
    if ((await place.ok(['ps', '--format', '{{.Status}}'])).endsWith('(healthy)')) return;
  }
  assert.unreachable('it does not get healthy');
}

async function serveAndKeep(place: Workplace): Promise<void> {
  const context = copyFixture(place, 'registry');
  addProgram(context);
  await place.ok(['build', '-q', '-t', 'registry', context]);
  await takeBases(place, 'busybox');
  const host = `127.0.0.1:${await freePort()}`;
  await place.ok([
    'run',
    '-d',
    '--name',
    'registry',
    '-p',
    `${host}:5000`,
    '-v',
    'images:/var/lib/registry',
    'registry',
  ]);
  assert.is(await place.ok(['port', 'registry', '5000']), host);
  await answers(host);
  assert.match(await place.ok(['exec', 'registry', '/usr/bin/docker-registry', '--version']), /docker\/distribution/);
  await place.ok(['tag', 'local/busybox', `${host}/ours`]);
  await place.ok(['push', `${host}/ours`]);
  await healthy(place);
  await place.ok(['stop', 'registry']);
  assert.is(await fetch(`http://${host}/v2/`).catch(() => 'refused'), 'refused');
  await place.ok(['start', 'registry']);
  await answers(host);
  const skopeo = (...args: string[]) => execFileSync(needProgram('skopeo'), args, { encoding: 'utf8' });
  skopeo(
    'copy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    `docker://${host}/ours`,
    `docker://${host}/theirs`,
  );
  await place.ok(['pull', `${host}/theirs`]);
  assert.is(await place.ok(['run', '--rm', `${host}/theirs`, 'echo', 'back']), 'back');
  assert.is(await place.ok(['rm', '-f', 'registry']), 'registry');
  assert.is(await place.ok(['volume', 'rm', 'images']), 'images');
  await assertNothingLeft(place, '/etc/docker/registry/config.yml');
}

for (const who of WITH_IDS) {
  test(`serves, stops and starts with its data, as ${who}`, () => withPlace(who, serveAndKeep));
}

test.run();
