import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { needProgram } from '../house/programs.ts';
import { validImage } from '../support/valid-image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('push and pull through a registry');

const ACCOUNT = { user: 'me', password: 'pass:word' };

let open: TestRegistry;
let closed: TestRegistry;
let place: Workplace;
let id: string;

test.before(async () => {
  [open, closed] = await Promise.all([startRegistry(), startRegistry({ htpasswd: ACCOUNT })]);
  place = await Workplace.withBusybox();
  id = await place.build('FROM busybox\nRUN echo hi > /hi\nLABEL a=1\n', ['-t', `${open.host}/app:1`, '-t', 'app']);
});

test.after(async () => {
  await Promise.all([open.stop(), closed.stop()]);
  place.remove();
});

function skopeo(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(needProgram('skopeo'), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** A docker configuration with these credentials for the registry that wants some. */
function configured(password: string): Record<string, string> {
  const auth = Buffer.from(`${ACCOUNT.user}:${password}`).toString('base64');
  const directory = `docker-${password.length}`;
  place.write(`${directory}/config.json`, JSON.stringify({ auths: { [closed.host]: { auth } } }));
  return { DOCKER_CONFIG: place.at(directory) };
}

test('push prints the digest that the registry has; skopeo reads and copies it', async () => {
  const digest = await place.ok(['push', '-q', `${open.host}/app:1`]);
  const remote = `docker://${open.host}/app:1`;
  const inspected = JSON.parse(skopeo('inspect', '--tls-verify=false', remote));
  assert.equal([inspected.Digest, inspected.Labels], [digest, { a: '1' }]);
  skopeo('--insecure-policy', 'copy', '--src-tls-verify=false', remote, `dir:${place.at('copied')}`);
  assert.ok(existsSync(place.at('copied', id.slice('sha256:'.length))), 'the configuration is the image ID');
});

test('pull by tag and by digest gives the same image, all of it', async () => {
  const digest = await place.ok(['push', '-q', `${open.host}/app:1`]);
  const other = new Workplace();
  try {
    assert.is(await other.ok(['pull', '-q', `${open.host}/app:1`]), digest);
    assert.is((await validImage(other.root, `${open.host}/app:1`)).manifest.config.digest, id);
    assert.is(await other.ok(['run', `${open.host}/app:1`, 'cat', '/hi']), 'hi');
    assert.is(await other.ok(['pull', '-q', `${open.host}/app@${digest}`]), digest);
  } finally {
    other.remove();
  }
});

test('a build pushes with --push and with -o', async () => {
  const dockerfile = 'FROM busybox\nLABEL pushed=1\n';
  await place.build(dockerfile, ['-t', `${open.host}/pushed:1`, '--push']);
  await place.build(dockerfile, ['-o', `type=image,name=${open.host}/pushed:2,push=true`]);
  const tags = JSON.parse(skopeo('list-tags', '--tls-verify=false', `docker://${open.host}/pushed`)).Tags;
  assert.equal(tags.sort(), ['1', '2']);
});

test('pushing again sends nothing, and gives the same digest', async () => {
  const [first, second] = [
    await place.run(['push', `${open.host}/app:1`]),
    await place.run(['push', `${open.host}/app:1`]),
  ];
  assert.is(second.stdout, first.stdout);
  assert.not.match(second.stderr, /uploading/);
});

test('credentials come from docker’s configuration', async () => {
  const name = `${closed.host}/private/app:1`;
  await place.ok(['tag', 'app', name]);
  const env = configured(ACCOUNT.password);
  const digest = await place.ok(['push', '-q', name], { env });
  const other = new Workplace();
  try {
    assert.is(await other.ok(['pull', '-q', name], { env }), digest);
    await other.build(`FROM ${closed.host}/private/app:1\nRUN test -f /hi\n`, [], { env });
  } finally {
    other.remove();
  }
});

/** What fails, how it ends and what it says. Names are of the registries above. */
const FAILURES: [name: string, args: () => string[], env: () => Record<string, string>, message: RegExp][] = [
  ['no credentials', () => ['pull', `${closed.host}/private/app:1`], () => ({}), /credentials|log ?in|denied/i],
  [
    'wrong credentials',
    () => ['push', `${closed.host}/private/app:1`],
    () => configured('wrong'),
    /credentials|denied/i,
  ],
  ['no such tag', () => ['pull', `${open.host}/app:nope`], () => ({}), /app:nope.*not found|no image.*app:nope/i],
  ['no such repository', () => ['pull', `${open.host}/nope`], () => ({}), /nope/],
  ['registry down', () => ['pull', '127.0.0.1:1/x'], () => ({}), /127\.0\.0\.1:1/],
  ['registry down at a push', () => ['push', '127.0.0.1:1/x'], () => ({}), /127\.0\.0\.1:1/],
  ['not here', () => ['push', `${open.host}/never-built`], () => ({}), /never-built/],
];

for (const [name, args, env, message] of FAILURES) {
  test(`${name}: a clear error, and status 1`, async () => {
    await place.ok(['tag', 'app', '127.0.0.1:1/x']);
    const { code, stdout, stderr } = await place.run(args(), { env: env() });
    assert.is(code, 1);
    assert.match(stderr, message);
    assert.match(stderr, /^ERROR: /m);
    assert.match(stderr, /^hint: /m, stderr);
    assert.not.match(stderr, /^ +at /m);
    assert.is(stdout, '');
  });
}

test('FROM an image of a registry that has none such points at the line', async () => {
  const { code, stderr } = await place.run(['build', '-f', '-', '.'], { stdin: `FROM ${open.host}/nope:1\n` });
  assert.is(code, 1);
  assert.match(stderr, />>> +FROM|FROM 127/);
  assert.match(stderr, /nope:1/);
});

test('the layers of a base image are fetched when a step needs them, and not for metadata', async () => {
  await place.ok(['push', '-q', `${open.host}/app:1`]);
  const other = new Workplace();
  try {
    const from = `FROM ${open.host}/app:1\n`;
    await other.build(`${from}LABEL b=2\nCMD ["x"]\n`, ['-t', 'lazy']);
    assert.equal(await layersHere(other, 'lazy'), [false, false]);
    await other.build(`${from}LABEL b=2\nCMD ["x"]\n`, ['-t', `${open.host}/lazy:1`, '--push']);
    await other.build(`${from}RUN cat /hi\n`);
    await validImage(other.root, `${open.host}/lazy:1`);
  } finally {
    other.remove();
  }
});

test('--offline asks no registry, and says what it would have asked for', async () => {
  const other = new Workplace();
  try {
    const args = ['build', '--offline', '-f', '-', '--cache-from', `${open.host}/cache`, '.'];
    const { code, stderr } = await other.run(args, { stdin: `FROM ${open.host}/app:1\n` });
    assert.is(code, 1);
    assert.match(stderr, /app:1 is not in the store, and no registry is asked with --offline/);
    const run = await other.run(args, { stdin: 'FROM scratch\nCOPY <<E /e\nE\n' });
    assert.is(run.code, 0, run.stderr);
    assert.match(run.stderr, /no cache from .*--offline/);
  } finally {
    other.remove();
  }
});

/** For each layer of an image, whether its blob is in the store. */
async function layersHere(at: Workplace, name: string): Promise<boolean[]> {
  const blob = (digest: string) => `${at.root}/v1/content/blobs/sha256/${digest.slice('sha256:'.length)}`;
  const [{ Descriptor }] = JSON.parse(await at.ok(['inspect', name]));
  const { layers } = JSON.parse(readFileSync(blob(Descriptor.digest), 'utf8'));
  return layers.map(({ digest }: { digest: string }) => existsSync(blob(digest)));
}

test.run();
