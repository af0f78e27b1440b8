import { type ChildProcess, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { startRegistry } from '../../fixtures/docker-registry.ts';
import { needProgram } from '../house/programs.ts';
import { validImage } from '../support/valid-image.ts';
import { outcomeOf, type Workplace } from '../support/workplace.ts';
import { copyFixture, takeBases, type Who, withPlace } from './place.ts';
import { buildSteps, has } from './steps.ts';

/** A start of Node in a user namespace on a machine that is busy. */
const PATIENCE_MS = 30_000;

/** Builds the service as somebody, runs it and asks it, builds again after edits, and shows the image to others. */
export function testService(who: Who): Promise<void> {
  return withPlace(who, async (place) => {
    await takeBases(place, 'debian', 'node');
    const directory = copyFixture(place, 'node-service');
    const build = () => buildSteps(place, ['-t', 'service', directory]);

    const first = await build();
    assert.equal(first.cached, []);
    if (who === 'root') await validImage(place.root, 'service');
    await runsAndAnswers(place);

    const again = await build();
    assert.equal(again.executed, []);
    assert.is(again.cached.length, first.executed.length);

    // The rest does not ask who builds; two of the three are enough.
    if (who === 'user with one id') return;
    await editOneFile(directory, build);
    await editAComment(directory, build);
    await isUnderstoodByOthers(place);
  });
}

async function runsAndAnswers(place: Workplace): Promise<void> {
  const port = await freePort();
  const inside = ['-e', `PORT=${port}`, '-e', 'HOST=0.0.0.0'];
  const child = place.start(['run', '--rm', '-p', `${port}:${port}`, ...inside, 'service']);
  const outcome = outcomeOf(child);
  try {
    const health = (await ask(child, `http://127.0.0.1:${port}/healthz`)) as { status: string };
    assert.is(health.status, 'ok');
    const greeting = (await ask(child, `http://127.0.0.1:${port}/`)) as { message: string };
    assert.is(greeting.message, 'Hello, world');
  } finally {
    child.kill('SIGTERM');
  }
  const { code, stdout, stderr } = await outcome;
  assert.match(stdout, /SIGTERM: closing/);
  assert.is(code, 0, stderr);
}

/** Asks until there is an answer. */
async function ask(child: ChildProcess, url: string): Promise<unknown> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && child.exitCode === null; await sleep(50)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return answer.json();
  }
  throw new Error(`no answer from ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function editOneFile(directory: string, build: () => ReturnType<typeof buildSteps>): Promise<void> {
  const server = join(directory, 'src/server.ts');
  writeFileSync(server, readFileSync(server, 'utf8').replace('world', 'everybody'));
  const { cached, executed } = await build();
  has(cached, 'RUN npm ci');
  has(cached, 'RUN npm ci --omit=dev');
  has(cached, 'RUN apt-get update');
  has(executed, 'COPY src/ src/');
  has(executed, 'RUN npx tsc');
  has(executed, 'COPY --from=build');
}

/** tsc leaves out this comment, so that the compiled files are the same bytes. */
async function editAComment(directory: string, build: () => ReturnType<typeof buildSteps>): Promise<void> {
  appendFileSync(
    join(directory, 'src/settings.ts'),
    '/** No more settings than these. */\nexport type Port = number;\n',
  );
  const { cached, executed } = await build();
  has(executed, 'RUN npx tsc');
  has(cached, 'COPY --from=build');
  has(cached, 'COPY --chown=node:node package.json');
  has(cached, 'RUN npm ci');
}

async function isUnderstoodByOthers(place: Workplace): Promise<void> {
  const registry = await startRegistry();
  try {
    const name = `${registry.host}/team/service:1`;
    await place.ok(['tag', 'service', name]);
    await place.ok(['push', name]);
    const plain = ['--tls-verify=false'];
    const inspected = JSON.parse(
      execFileSync(needProgram('skopeo'), ['inspect', ...plain, `docker://${name}`], { encoding: 'utf8' }),
    ) as { Os: string; Labels: Record<string, string>; Layers: string[] };
    assert.is(inspected.Os, 'linux');
    assert.is(inspected.Labels['org.opencontainers.image.title'], 'greeter');
    const layout = place.at('copied');
    execFileSync(needProgram('skopeo'), [
      'copy',
      '-q',
      '--src-tls-verify=false',
      `docker://${name}`,
      `oci:${layout}:1`,
    ]);
    unpacks(place, `${layout}:1`);
    runsInPodman(place, name);
  } finally {
    await registry.stop();
  }
}

function unpacks(place: Workplace, image: string): void {
  const bundle = place.at('bundle');
  const rootless = process.geteuid?.() === 0 ? [] : ['--rootless'];
  execFileSync(needProgram('umoci'), ['unpack', ...rootless, '--image', image, bundle], { stdio: 'pipe' });
  assert.ok(existsSync(join(bundle, 'rootfs/app/dist/main.js')));
  const { process: program } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as {
    process: { args: string[]; user: { uid: number } };
  };
  assert.equal(program.args, ['tini', '--', 'node', 'dist/main.js']);
  assert.is(program.user.uid, 1000);
}

/**
 * podman with a storage of its own; no network or higher limits, which a container around us may not give. With runc,
 * because crun refuses machines that have both versions of cgroups.
 */
function runsInPodman(place: Workplace, name: string): void {
  const storage = place.at('podman');
  mkdirSync(storage);
  const own = ['--root', join(storage, 'root'), '--runroot', join(storage, 'run')];
  const podman = (...args: string[]) =>
    execFileSync(
      needProgram('podman'),
      [...own, '--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--runtime', needProgram('runc'), ...args],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  const id = podman('pull', '-q', '--tls-verify=false', name).trim();
  try {
    const limits = ['--ulimit=nofile=512:512', '--ulimit=nproc=512:512'];
    const run = ['run', '--rm', '--network=none', ...limits, '--entrypoint', 'node', id];
    assert.is(podman(...run, '-e', 'console.log(process.getuid())').trim(), '1000');
  } finally {
    podman('rmi', '--all', '--force');
  }
}
