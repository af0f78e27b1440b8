import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { basic } from '../../src/base/url-credentials.ts';
import { TestBuilder } from '../ops/builder.ts';
import { startServer } from '../registry/server.ts';
import { becomeRoot } from '../runner/kit.ts';
import { gitScript, startGitServer } from '../support/git-server.ts';
import { makeTar } from '../support/image.ts';
import { Workplace } from '../support/workplace.ts';

await becomeRoot();

const test = suite('where a build context comes from');

test('trap 60: the build file is read even where it is ignored, and is in no COPY then', () =>
  TestBuilder.with(async (builder) => {
    builder.shell(
      'printf "FROM scratch\\nCOPY . /n\\n" > Dockerfile; printf "Dockerfile\\n.*\\n" > .dockerignore; printf 1 > f',
    );
    const { lines } = await builder.build('', { file: undefined });
    assert.equal(lines, ['n directory 755 0:0', 'n/f file 644 0:0 "1"']);
  }));

test('trap 60: Dockerfile, then dockerfile, then Containerfile', () =>
  TestBuilder.with(async (builder) => {
    for (const name of ['Containerfile', 'dockerfile', 'Dockerfile']) {
      writeFileSync(join(builder.context, name), `FROM scratch\nCOPY <<E /n\n${name}\nE\n`);
      const { lines } = await builder.build('', { file: undefined });
      assert.equal(lines, [`n file 644 0:0 "${name}\\n"`]);
    }
  }));

/** The archive of a context with two build files. */
const ARCHIVE = makeTar([
  { path: 'Dockerfile', content: 'FROM scratch\nCOPY f /main\n' },
  { path: 'sub/other', content: 'FROM scratch\nCOPY f /other\n' },
  { path: 'sub/other.dockerignore', content: 'ignored\n' },
  { path: 'f', content: 'F' },
]);

/** What is on standard input, the arguments, and the files of the image, or what standard error says. */
const ON_STDIN: readonly (readonly [name: string, stdin: string | Buffer, args: string[], gives: string | RegExp])[] = [
  ['a tar', ARCHIVE, ['-'], 'main'],
  ['a tar, of which -f names a file', ARCHIVE, ['-f', 'sub/other', '-'], 'other'],
  ['a tar, of which -f names a file from its root', ARCHIVE, ['-f', '/sub/../sub/other', '-'], 'other'],
  ['a tar, in which there is no such file', ARCHIVE, ['-f', '../../etc/passwd', '-'], /etc\/passwd does not exist/],
  ['a build file without a context', 'FROM scratch\nCOPY <<E /alone\nE\n', ['-'], 'alone'],
  ['a build file, and -f', 'FROM scratch\n', ['-f', 'x', '-'], /standard input is no archive in which -f could name/],
  ['a build file of a directory', 'FROM scratch\nCOPY here /from-stdin\n', ['-f', '-', 'context'], 'from-stdin'],
  ['nothing', '', ['-'], /standard input is empty/],
  ['both', 'FROM scratch\n', ['-f', '-', '-'], /either the build context or the build file/],
];

test('standard input is a context, a build file, or an error', async () => {
  const place = new Workplace();
  try {
    place.write('context/here', 'h');
    for (const [name, stdin, args, gives] of ON_STDIN) {
      const out = place.at('out.tar');
      const { code, stderr } = await place.run(['build', '-q', '-o', `type=tar,dest=${out}`, ...args], { stdin });
      if (gives instanceof RegExp) assert.match(stderr, gives, name);
      else assert.equal([code, await namesIn(out)], [0, [gives]], `${name}: ${stderr}`);
    }
  } finally {
    place.remove();
  }
});

async function namesIn(tar: string): Promise<string[]> {
  const { execFileSync } = await import('node:child_process');
  return execFileSync('tar', ['-tf', tar], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

test('a URL is the archive of a context, or a build file; as a named context it is a file', async () => {
  const bodies = new Map<string, string | Buffer>([
    ['/c.tar', ARCHIVE],
    ['/Dockerfile', 'FROM scratch\nCOPY <<E /alone\nE\n'],
  ]);
  const { url, stop } = await startServer(({ url: path = '' }, response) => response.end(bodies.get(path)));
  try {
    await TestBuilder.with(async (builder) => {
      const filesOf = async (context: string, file?: string) =>
        (await builder.build('', { context, file })).lines.map((line) => line.split(' ')[0]);
      assert.equal(await filesOf(`${url}/c.tar`), ['main']);
      assert.equal(await filesOf(`${url}/c.tar`, 'sub/other'), ['other']);
      assert.equal(await filesOf(`${url}/Dockerfile`), ['alone']);
      const contexts = { archive: `${url}/Dockerfile` };
      const { lines } = await builder.build('FROM scratch\nCOPY --from=archive / /\n', { contexts });
      assert.match(lines.join(), /^context file 600 0:0 "FROM scratch/);
    });
  } finally {
    await stop();
  }
});

test('a repository is a context: a branch, a directory, -f in it, and .git where it is asked for', () =>
  TestBuilder.with(async (builder) => {
    const directory = join(builder.directory, 'git');
    mkdirSync(directory);
    gitScript(
      directory,
      'repo',
      `printf 'FROM scratch\nCOPY . /n\n' > Dockerfile; mkdir sub
       printf 'FROM scratch\nCOPY . /m\n' > sub/other; cp Dockerfile sub; git add .; git commit -qm one`,
    );
    const server = await startGitServer(directory);
    const repository = `${server.url}/repo.git`;
    const filesOf = async (context: string, options: { file?: string; buildArgs?: Record<string, string> } = {}) =>
      (await builder.build('', { context, file: undefined, ...options })).lines.map((line) => line.split(' ')[0]);
    try {
      const all = ['n', 'n/Dockerfile', 'n/sub', 'n/sub/Dockerfile', 'n/sub/other'];
      assert.equal(await filesOf(repository), all);
      assert.equal(await filesOf(`${repository}#main:sub`), ['n', 'n/Dockerfile', 'n/other']);
      assert.equal(await filesOf(`${repository}#:sub`, { file: 'other' }), ['m', 'm/Dockerfile', 'm/other']);
      const kept = await filesOf(repository, { buildArgs: { BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1' } });
      assert.ok(kept.includes('n/.git/HEAD'), kept.join());
      const contexts = { code: `${repository}#main:sub` };
      const { lines } = await builder.build('FROM scratch\nCOPY --from=code other /\n', { contexts });
      assert.match(lines.join(), /^other file 644 0:0/);
    } finally {
      await server.stop();
    }
  }));

/** Secrets by their ids (HOST is the server's), and the header that a repository and a file are asked for with. */
const HEADERS: readonly (readonly [
  secrets: Record<string, string>,
  git: string | undefined,
  http: string | undefined,
])[] = [
  [{ GIT_AUTH_TOKEN: 't\n' }, basic('x-access-token:t'), undefined],
  [{ GIT_AUTH_TOKEN: 'other', 'GIT_AUTH_TOKEN.HOST': 't' }, basic('x-access-token:t'), undefined],
  [{ GIT_AUTH_HEADER: 'Bearer h', GIT_AUTH_TOKEN: 't' }, 'Bearer h', undefined],
  [{ 'GIT_AUTH_TOKEN.example.org': 't', 'HTTP_AUTH_TOKEN_example.org': 't' }, undefined, undefined],
  [{ HTTP_AUTH_TOKEN_HOST: 't' }, undefined, 'Bearer t'],
  [{ HTTP_AUTH_HEADER_HOST: 'Token h' }, undefined, 'Token h'],
];

test('secrets of known names are sent to the servers of repositories and files, and stay nowhere', () =>
  TestBuilder.with(async (builder) => {
    const seen = new Map<string, string | undefined>();
    const server = await startServer(({ url = '', headers }, response) => {
      seen.set(url.startsWith('/x.git') ? 'git' : 'http', headers.authorization);
      response.writeHead(url.startsWith('/x.git') ? 404 : 200).end('body');
    });
    const { host } = new URL(server.url);
    try {
      for (const [values, git, http] of HEADERS) {
        seen.clear();
        const secrets = new Map(
          Object.entries(values).map(([id, value], index) => {
            const file = join(builder.directory, `secret-${index}`);
            writeFileSync(file, value);
            return [id.replace('HOST', host), { file }];
          }),
        );
        assert.match(await builder.failure(`FROM scratch\nADD ${server.url}/x.git /n\n`, { secrets }), /x\.git/);
        await builder.build(`FROM scratch\nADD ${server.url}/file /n\n`, { secrets });
        assert.equal([seen.get('git'), seen.get('http')], [git, http], Object.keys(values).join());
        await builder.failure('', { context: `${server.url}/x.git`, file: undefined, secrets });
        assert.is(seen.get('git'), git, `the context, ${Object.keys(values)}`);
      }
    } finally {
      await server.stop();
    }
  }));

test.run();
