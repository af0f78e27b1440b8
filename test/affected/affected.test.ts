import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Affected, affectedTargets } from '../../src/affected/affected.ts';
import { Workplace } from '../support/workplace.ts';
import { TestRepository } from './repository.ts';

const test = suite<{ place: Workplace; repository: TestRepository }>('affected: what changed and why');

test.before((context) => {
  context.place = new Workplace();
  context.repository = new TestRepository(context.place.at('repository'));
});
test.after(({ place }) => {
  process.chdir('/');
  place.remove();
});
test.after.each(({ repository }) => repository.reset());

type Context = { place: Workplace; repository: TestRepository };

/** In this process: it is what `--json` prints. */
async function affected({ place, repository: { directory } }: Context, ...targets: string[]): Promise<Affected> {
  process.chdir(directory);
  const bake = { files: [], targets, overrides: [], vars: new Map(), env: {}, platform: 'linux/amd64', directory };
  const { signal } = new AbortController();
  const settings = { root: place.root, rootless: false, singleUid: false, jobs: 1, emit: () => undefined, signal };
  return affectedTargets({ since: 'HEAD', mergeBase: false, bake }, settings);
}

/** An edit, and the first reason of one target. */
const REASONS: readonly [string, (repository: TestRepository) => void, target: string, reason: string][] = [
  [
    'a file that a stage copies',
    (it) => it.write('services/a/main', 'x'),
    'service-a',
    '[service-a files 1/1] COPY services/a /src: services/a/main has other content',
  ],
  [
    'a file that git does not know yet',
    (it) => it.write('shared/a9', 'x'),
    'service-d',
    '[service-d stage-3 2/2] COPY shared/a* /shared/: shared/a9 was added',
  ],
  [
    'a directory that was not there',
    (it) => it.write('shared/new/deep', 'x'),
    'tool',
    '[tool 1/2] COPY --parents shared/**/deep /: shared/new/deep was added',
  ],
  [
    'a file that becomes a link',
    (it) => {
      it.remove('more/one');
      symlinkSync('two', it.at('more/one'));
    },
    'tool',
    '[tool 2/2] COPY --from=more . /more/: one is now a symbolic link, was a file',
  ],
  [
    'a directory in the place of a file',
    (it) => {
      it.remove('more/one');
      it.write('more/one/in', 'x');
    },
    'tool',
    '[tool 2/2] COPY --from=more . /more/: one/in was added',
  ],
  [
    'a program',
    (it) => it.toggleExecutable('library/code'),
    'library',
    '[library 1/1] COPY code other* /library/: code has mode 0755, was 0644',
  ],
  [
    'what a target is built on',
    (it) => it.write('library/code', 'x'),
    'service-a',
    'because the target library changed: [library 1/1] COPY code other* /library/: code has other content',
  ],
  [
    'an argument of a bake file',
    (it) => it.replace('docker-bake.hcl', 'default = "1"', 'default = "2"'),
    'service-c',
    'the label version is now 2, was 1',
  ],
  [
    'a name of a bake file',
    (it) => it.replace('docker-bake.hcl', 'service/', 'other/'),
    'service-a',
    'in the bake file, its tags is now other/a, was service/a',
  ],
  [
    'another base image',
    (it) => {
      it.write('services/b/Dockerfile.dockerignore', '**/Dockerfile\n');
      it.commit();
      it.replace('services/b/Dockerfile', 'FROM busybox', 'FROM busybox:2');
    },
    'service-b',
    '[service-b made 1/2] FROM docker.io/library/busybox:2: the instruction is now "FROM docker.io/library/busybox:2", was "FROM docker.io/library/busybox:latest"',
  ],
  [
    'an ignore rule',
    (it) => it.write('.dockerignore', '**/*.md\nshared/a1\n'),
    'service-d',
    '[service-d stage-3 2/2] COPY shared/a* /shared/: shared/a1 is now excluded by the ignore file (rule "shared/a1")',
  ],
  [
    'what cannot be built any more',
    (it) => it.remove('library/code'),
    'library',
    'it cannot be built: "/code" not found in the build context',
  ],
  ['a target more', (it) => it.replace('docker-bake.hcl', '"d"]', '"d", "e"]'), 'service-e', 'the target is new'],
];

test('the reason is a sentence that names what changed', async (context) => {
  const differences: string[] = [];
  for (const [what, edit, target, reason] of REASONS) {
    edit(context.repository);
    const { targets } = await affected(context);
    const found = targets.find(({ name }) => name === target);
    if (found?.reasons[0]?.text !== reason) differences.push(`${what}: ${JSON.stringify(found ?? targets)}`);
    context.repository.reset();
  }
  assert.equal(differences, []);
});

test('what git ignores, and what only git treats differently, is no change', async (context) => {
  const { repository } = context;
  repository.write('.gitignore', 'made\n');
  repository.write('.gitattributes', '*.txt text eol=crlf\n');
  repository.write('services/a/lines.txt', 'one\r\ntwo\r\n');
  repository.commit();
  repository.write('services/a/made/by/somebody', 'x');
  chmodSync(repository.at('services/a/main'), 0o600);
  assert.equal((await affected(context)).targets, []);
  repository.write('services/a/lines.txt', 'one\r\nthree\r\n');
  const [service] = (await affected(context, 'service-a')).targets;
  assert.equal(
    service?.reasons.map(({ text }) => text),
    ['[service-a files 1/1] COPY services/a /src: services/a/lines.txt has other content'],
  );
  chmodSync(repository.at('services/a/main'), 0o644);
  rmSync(repository.at('services/a/made'), { recursive: true });
});

test('a commit, a branch and where two parted', async (context) => {
  const { place, repository } = context;
  repository.git('checkout', '-qb', 'feature');
  repository.write('services/a/main', 'feature\n');
  repository.commit();
  repository.git('checkout', '-q', 'main');
  repository.write('services/b/main', 'main\n');
  repository.commit();
  repository.git('checkout', '-q', 'feature');
  const names = (...args: string[]) => place.ok(['affected', '-q', ...args], { cwd: repository.directory });
  assert.is(await names('--since', 'main'), 'service-a\nservice-b');
  assert.is(await names('--since', 'main', '--merge-base'), 'service-a');
  assert.is(await names('--since', 'main', 'tool', 'service-b'), 'service-b');
  assert.is(
    await place.ok(['affected', '--since', 'main', '--merge-base', '--matrix'], { cwd: repository.directory }),
    '{"include":[{"target":"service-a","reason":"[service-a files 1/1] COPY services/a /src: services/a/main has other content"}]}',
  );
  assert.is(
    await place.ok(['affected', '--since', 'HEAD', '--matrix'], { cwd: repository.directory }),
    '{"include":[]}',
  );
  repository.git('checkout', '-q', 'main');
});

test('a directory moves, a target is removed, a submodule moves on', async ({ place }) => {
  const repository = new TestRepository(place.at('moving'));
  const context = { place, repository };
  renameSync(repository.at('library'), repository.at('lib'));
  repository.replace('docker-bake.hcl', 'context = "library"', 'context = "lib"');
  repository.replace('docker-bake.hcl', ', "d"]', ']');
  const moved = await affected(context);
  assert.equal(moved.targets, []);
  assert.equal(moved.removed, ['service-d']);
  repository.reset();
  const other = new TestRepository(place.at('other'));
  repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other.directory, 'services/a/sub');
  repository.commit();
  assert.equal((await affected(context)).targets, []);
  repository.write('services/a/sub/shared/b', 'x');
  repository.git('-C', 'services/a/sub', 'commit', '-qam', 'x');
  const [service] = (await affected(context)).targets;
  assert.match(service?.reasons[0]?.text ?? '', 'services/a/sub/shared/b has other content');
});

test('bake --affected builds what has changed, and nothing where nothing has', async (context) => {
  const { place, repository } = context;
  const options = { cwd: repository.directory };
  const nothing = await place.run(['bake', '--affected', '--since', 'HEAD'], options);
  assert.equal([nothing.code, nothing.stderr], [0, 'since HEAD: no target has changed\n']);
  repository.write('more/one', 'x');
  const { code, stderr } = await place.run(['bake', '--affected', '--since', 'HEAD', '--progress', 'plain'], options);
  assert.is(code, 0, stderr);
  assert.match(stderr, 'since HEAD: building what has changed, tool\n');
  assert.match(await place.ok(['images']), '<none>');
});

test('what cannot be compared is an error with a remedy', async ({ place, repository }) => {
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository.directory}`, place.at('shallow')]);
  const rows: [string, string[], RegExp][] = [
    [repository.directory, ['--since', 'nowhere'], /nowhere is no commit of this repository\nhint: name a branch/],
    [repository.directory, ['--since', '0'.repeat(40)], /hint: a push of a new branch has no commit before it/],
    [place.at('shallow'), ['--since', 'HEAD~1'], /is shallow and does not have HEAD~1\nhint: .*`fetch-depth: 0`/],
    [place.directory, ['--since', 'HEAD'], /is in no git repository\nhint: /],
    [repository.directory, ['--since', 'HEAD', 'nobody'], /there is no target nobody/],
  ];
  for (const [cwd, args, says] of rows) {
    const { code, stdout, stderr } = await place.run(['affected', ...args], { cwd });
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, says);
  }
  assert.is((await place.run(['affected'], { cwd: repository.directory })).code, 2);
  repository.write('more/one', 'x');
  const coded = await place.run(['affected', '--since', 'HEAD', '-q', '--exit-code'], { cwd: repository.directory });
  assert.equal([coded.code, coded.stdout], [1, 'tool\n']);
});

test('a context behind a link in the repository', async ({ place }) => {
  const repository = new TestRepository(place.at('linked'));
  symlinkSync('.', repository.at('here'));
  repository.replace('docker-bake.hcl', 'context = "library"', 'context = "here/library"');
  repository.commit();
  const context = { place, repository };
  assert.equal((await affected(context)).targets, []);
  repository.write('library/code', 'x');
  assert.equal(
    (await affected(context, 'library')).targets.map(({ name }) => name),
    ['library'],
  );
});

test('without a bake file, the Dockerfile of the directory', async ({ place }) => {
  const repository = new TestRepository(place.at('plain'));
  repository.remove('docker-bake.hcl');
  repository.write('Dockerfile', 'FROM scratch\nCOPY more /\n');
  repository.commit();
  const text = () => place.ok(['affected', '--since', 'HEAD'], { cwd: repository.directory });
  assert.match(await text(), /^0 of 1 target changed since HEAD/);
  repository.write('more/one', 'x');
  assert.match(await text(), /^default\n {2}\[default 1\/1\] COPY more \/: more\/one has other content\n1 of 1/);
});

test.run();
