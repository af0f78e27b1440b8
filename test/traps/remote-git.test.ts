import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';
import { type GitServer, gitScript, startGitServer } from '../support/git-server.ts';

await becomeRoot();

const test = suite('ADD of git repositories');

const FILES = `
printf top > file; mkdir -p dir/sub; printf '#!/bin/sh' > dir/run; chmod +x dir/run; ln -s run dir/link; printf s > dir/sub/s
git add .; git commit -qm one; git tag v1; git tag -am note v2
git checkout -qb other; printf other > file; git commit -qam two; git checkout -q main`;

const ALL = [
  'n directory 755 0:0',
  'n/dir directory 755 0:0',
  'n/dir/link symlink 777 0:0 run',
  'n/dir/run file 755 0:0 "#!/bin/sh"',
  'n/dir/sub directory 755 0:0',
  'n/dir/sub/s file 644 0:0 "s"',
  'n/file file 644 0:0 "top"',
];
const DIR = ['n directory 755 0:0', ...ALL.slice(2, 6).map((line) => line.replace('n/dir/', 'n/'))];
const OTHER = [...ALL.slice(0, -1), 'n/file file 644 0:0 "other"'];

interface Place {
  builder: TestBuilder;
  server: GitServer;
  /** Where the repositories are. */
  directory: string;
  /** The URL of the repository `repo`, whose main branch is at `commit`. */
  url: string;
  commit: string;
}

async function withRepository(work: (place: Place) => Promise<void>): Promise<void> {
  await TestBuilder.with(async (builder) => {
    const directory = join(builder.directory, 'git');
    mkdirSync(directory);
    const commit = gitScript(directory, 'repo', FILES);
    const server = await startGitServer(directory);
    try {
      await work({ builder, server, directory, commit, url: `${server.url}/repo.git` });
    } finally {
      await server.stop();
    }
  });
}

/** What follows the URL, and the files that arrive; COMMIT is that of the main branch. */
const FORMS: readonly (readonly [suffix: string, lines: readonly string[]])[] = [
  ['', ALL],
  ['#main', ALL],
  ['#refs/heads/main', ALL],
  ['#v1', ALL],
  ['#v2', ALL],
  ['#COMMIT', ALL],
  ['#other', OTHER],
  ['#:dir', DIR],
  ['#v1:/dir/', DIR],
  ['?branch=other', OTHER],
  ['?tag=v1&subdir=dir', DIR],
  ['?ref=other', OTHER],
  ['?commit=COMMIT', ALL],
  ['?ref=main&checksum=COMMIT&submodules=false', ALL],
];

test('trap 45: branches, tags, commits and directories of a repository, whatever the umask', () =>
  withRepository(async ({ builder, url, commit }) => {
    const umask = process.umask(0o077);
    try {
      for (const [suffix, lines] of FORMS) {
        const built = await builder.build(`FROM scratch\nADD ${url}${suffix.replace('COMMIT', commit)} /n\n`);
        assert.equal(built.lines, lines, suffix);
      }
    } finally {
      process.umask(umask);
    }
  }));

test('trap 45: an unchanged branch is asked for and not fetched; its files have the time of the commit', () =>
  withRepository(async ({ builder, server, directory, url }) => {
    const dockerfile = `FROM scratch\nADD ${url}#main /n\n`;
    const first = await builder.build(dockerfile);
    assert.match(first.timed.find((line) => line.startsWith('n/file')) ?? '', / 1600000000 /);
    const seen = server.requests.length;
    const again = await builder.build(dockerfile);
    assert.equal(
      again.executed.filter((name) => name.includes('ADD')),
      [],
    );
    const asked = server.requests.slice(seen);
    assert.ok(asked.length > 0 && asked.length <= 2, asked.join(', '));
    gitScript(directory, 'repo', 'printf new > file; git commit -qam three');
    const moved = await builder.build(dockerfile);
    assert.ok(moved.lines.includes('n/file file 644 0:0 "new"'));
  }));

test('a full commit is known: nobody is asked for what is cached', () =>
  withRepository(async ({ builder, server, url, commit }) => {
    const dockerfile = `FROM scratch\nADD ${url}#${commit} /n\n`;
    await builder.build(dockerfile);
    await server.stop();
    assert.equal((await builder.build(dockerfile)).lines, ALL);
  }));

test('trap 45: .git is dropped unless it is kept; a kept one works and names nothing of this machine', () =>
  withRepository(async ({ builder, url, commit }) => {
    const out = join(builder.directory, 'out');
    const outputs = [{ type: 'local' as const, destination: out }];
    await builder.build(`FROM scratch\nADD --keep-git-dir=true ${url} /\n`, { outputs });
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'safe.directory=*', '-C', out, ...args], { encoding: 'utf8' }).trim();
    assert.equal([git('rev-parse', 'HEAD'), git('status', '--porcelain')], [commit, '']);
    assert.is(git('remote', 'get-url', 'origin'), url);
    const kept = execFileSync('grep', ['-rlF', builder.directory, out, '--include=*'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    assert.is(kept, '');
  }).catch((error) => {
    // grep ends with 1 where it finds nothing, which is right.
    if (error.status !== 1) throw error;
  }));

test('submodules, of which nothing of git remains', () =>
  withRepository(async ({ builder, server, directory, url }) => {
    const inner = gitScript(directory, 'inner', 'printf inner > in; git add .; git commit -qm one');
    // Without asking the server, which waits for us here.
    const config = `[submodule "lib"]\n\tpath = lib\n\turl = ${server.url}/inner.git\n`;
    writeFileSync(join(directory, 'repo-work', '.gitmodules'), config);
    gitScript(
      directory,
      'repo',
      `git update-index --add --cacheinfo 160000,${inner},lib; git add .gitmodules; git commit -qm sub`,
    );
    const { lines } = await builder.build(`FROM scratch\nADD ${url} /n\n`);
    assert.equal(
      lines.filter((line) => /lib|\.git/.test(line)).map((line) => line.split(' ')[0]),
      ['n/.gitmodules', 'n/lib', 'n/lib/in'],
    );
    const without = await builder.build(`FROM scratch\nADD ${url}?submodules=false /n\n`);
    assert.ok(!without.lines.some((line) => line.startsWith('n/lib/in')));
  }));

test('trap 46: --checksum is a commit', () =>
  withRepository(async ({ builder, url, commit }) => {
    const add = (checksum: string) => `FROM scratch\nADD --checksum=${checksum} ${url}#main /n\n`;
    assert.equal((await builder.build(add(commit))).lines, ALL);
    assert.equal((await builder.build(add(commit.slice(0, 12)))).lines, ALL);
    const wrong = '0'.repeat(40);
    assert.match(
      await builder.failure(add(wrong)),
      new RegExp(`^INVALID: main of .*/repo.git is the commit ${commit}, and the checksum says ${wrong}`),
    );
  }));

test('user and password of a URL go to the server and stay nowhere', () =>
  withRepository(async ({ builder, server, url }) => {
    server.requires = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    const withUser = `http://me:s3cret@${server.host}/repo.git`;
    const names: string[] = [];
    await builder.build(`FROM scratch\nADD ${withUser} /n\n`, {
      outputs: [{ type: 'image', names: [], push: false }],
      emit: (event) => event.type === 'vertex' && names.push(event.name),
    });
    const kept = execFileSync('find', [builder.root, '-type', 'f', '-exec', 'cat', '{}', '+'], { encoding: 'latin1' });
    assert.match(kept, `ADD ${url}`);
    for (const secret of ['s3cret', server.requires]) assert.not.ok((kept + names.join('\n')).includes(secret));
    assert.match(
      await builder.failure(`FROM scratch\nADD ${url}?branch=v1 /n\n`),
      /^DENIED: cannot read git repository/,
    );
  }));

test('nothing of the user’s configuration is executed but what credentials need', () =>
  withRepository(async ({ builder, server, url }) => {
    server.requires = `Basic ${Buffer.from('me:helped').toString('base64')}`;
    const home = join(builder.directory, 'home');
    const witness = join(builder.directory, 'witness');
    mkdirSync(join(home, 'hooks'), { recursive: true });
    writeFileSync(join(home, 'hooks/post-checkout'), `#!/bin/sh\ntouch ${witness}\n`, { mode: 0o755 });
    const helper = '!f() { echo username=me; echo password=helped; }; f';
    const config = `[core]\nhooksPath = ${home}/hooks\nfsmonitor = touch ${witness}\n[credential]\nhelper = "${helper}"\n`;
    writeFileSync(join(home, '.gitconfig'), config);
    const before = process.env.HOME;
    process.env.HOME = home;
    try {
      assert.equal((await builder.build(`FROM scratch\nADD ${url} /n\n`)).lines, ALL);
    } finally {
      process.env.HOME = before;
    }
    assert.not.ok(existsSync(witness));
  }));

test('two builds at once share the bare copy, and their checkouts go away', () =>
  withRepository(async ({ builder, url }) => {
    const one = builder.build(`FROM scratch\nADD ${url}#main /n\n`);
    const two = builder.build(`FROM scratch\nADD ${url}#other /n\n`);
    assert.equal([(await one).lines, (await two).lines], [ALL, OTHER]);
    const state = join(builder.root, 'v1');
    assert.is(readdirSync(join(state, 'git')).filter((name) => name.endsWith('.git')).length, 1);
    assert.equal(readdirSync(join(state, 'tmp')), []);
  }));

const FAILURES: readonly (readonly [source: string, error: RegExp])[] = [
  ['URL/repo.git#gone', /^NOT_FOUND: git repository http:.*\/repo.git has no branch and no tag gone$/],
  ['URL/gone.git', /^NOT_FOUND: cannot read git repository http:.*\/gone.git: /],
  ['URL/repo.git#:gone', /^NOT_FOUND: git repository http:.*\/repo.git has no directory gone$/],
  ['URL/repo.git#:file', /^NOT_FOUND: git repository http:.*\/repo.git has no directory file$/],
  [`URL/repo.git#${'1'.repeat(40)}`, /^NOT_FOUND: git repository http:.* has no commit 1{40}$/],
  ['http://127.0.0.1:1/x.git', /^NETWORK: cannot read git repository http:\/\/127.0.0.1:1\/x.git: /],
  ['URL/repo.git#--upload-pack=x', /^INVALID: .* is no name of a branch/],
  ['ssh://-oProxyCommand=x/y.git', /^INVALID: git repository/],
];

test('errors', () =>
  withRepository(async ({ builder, server }) => {
    for (const [source, error] of FAILURES) {
      const dockerfile = `FROM scratch\nADD ${source.replace('URL', server.url)} /n\n`;
      assert.match(await builder.failure(dockerfile), error, source);
    }
  }));

test('without the program git', () =>
  withRepository(async ({ builder, url }) => {
    const { PATH } = process.env;
    process.env.PATH = '/nonexistent';
    try {
      assert.match(
        await builder.failure(`FROM scratch\nADD ${url} /n\n`),
        /^NOT_FOUND: the program git is not installed/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  }));

test.run();
