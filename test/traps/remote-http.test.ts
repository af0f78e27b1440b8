import { readFileSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCertificate } from '../../fixtures/certificate.ts';
import { digestOf } from '../../src/base/digest.ts';
import type { BuildOptions } from '../../src/build/build.ts';
import { openStore } from '../../src/store/open.ts';
import { TestBuilder } from '../ops/builder.ts';
import { type Handler, type LoopbackServer, startServer } from '../registry/server.ts';
import { becomeRoot } from '../runner/kit.ts';
import { makeTar } from '../support/image.ts';

await becomeRoot();

const test = suite('ADD of URLs');

const MODIFIED = 'Tue, 01 Feb 2022 03:04:05 GMT';
const SECONDS = Date.parse(MODIFIED) / 1000;

/** A server and a builder for one test. */
async function served(handler: Handler, work: (builder: TestBuilder, server: LoopbackServer) => Promise<void>) {
  const server = await startServer(handler);
  try {
    await TestBuilder.with((builder) => work(builder, server));
  } finally {
    await server.stop();
  }
}

const plain: Handler = (_, response) => response.setHeader('last-modified', MODIFIED).end('body');

/** What the builder's store and an image built into it say: where a secret must not be. */
async function everythingKept(builder: TestBuilder): Promise<string> {
  const { layout } = await openStore(builder.root);
  const { execFileSync } = await import('node:child_process');
  return execFileSync('find', [layout.base, '-type', 'f', '-exec', 'cat', '{}', '+'], { encoding: 'latin1' });
}

test('trap 44: 0600, root’s, with the server’s time, called as in the path, and not unpacked', () =>
  served(
    (_, response) => response.setHeader('last-modified', MODIFIED).end(makeTar([{ path: 'inside' }])),
    async (builder, { url }) => {
      const { timed } = await builder.build(`FROM scratch\nADD ${url}/dir/file%20one.tar?x=1#y /n/\n`);
      assert.match(timed[1] ?? '', new RegExp(`^n/file one.tar file 600 0:0 ${SECONDS} `));
    },
  ));

/** Destination and flags of an ADD of `body` at a path, and what is there afterwards. */
const ROWS: readonly (readonly [path: string, flags: string, destination: string, lines: readonly string[]])[] = [
  ['/a', '', '/b', ['b file 600 0:0 "body"']],
  ['/a/', '', '/n/', ['n directory 755 0:0', 'n/a file 600 0:0 "body"']],
  ['/a%2Fb', '', '/', ['b file 600 0:0 "body"']],
  ['/', '', '/b', ['b file 600 0:0 "body"']],
  ['/*%3F', '', '/n/', ['n directory 755 0:0', 'n/*? file 600 0:0 "body"']],
  ['/a', '--chmod=755 --chown=3:4', '/b', ['b file 755 3:4 "body"']],
  ['/a', `--checksum=${digestOf('body')}`, '/', ['a file 600 0:0 "body"']],
  ['/a', '--unpack=true', '/', ['a file 600 0:0 "body"']],
];

test('where it goes and as what', () =>
  served(plain, async (builder, { url }) => {
    for (const [path, flags, destination, lines] of ROWS) {
      const add = `ADD ${flags} ${url}${path} ${destination}`;
      assert.equal((await builder.build(`FROM scratch\n${add}\n`)).lines, lines, add);
    }
  }));

test('--unpack=true unpacks an archive', () =>
  served(
    (_, response) => response.end(makeTar([{ path: 'inside', content: 'x', uid: 7, mode: 0o640 }])),
    async (builder, { url }) => {
      const { lines } = await builder.build(`FROM scratch\nADD --unpack=true ${url}/a.tar /n/\n`);
      assert.equal(lines, ['n directory 755 0:0', 'n/inside file 640 7:0 "x"']);
    },
  ));

test('local files and URLs side by side', () =>
  served(plain, async (builder, { url }) => {
    builder.shell('printf l > local');
    const { lines } = await builder.build(`FROM scratch\nADD ${url}/one local ${url}/two /n/\n`);
    assert.equal(
      lines.map((line) => line.split(' ')[0]),
      ['n', 'n/local', 'n/one', 'n/two'],
    );
  }));

let header = '';

const DISPOSITIONS: readonly (readonly [header: string, name: string])[] = [
  ['attachment; filename="a;b.txt"', 'a;b.txt'],
  ['attachment; filename=plain', 'plain'],
  ["attachment; filename=old; filename*=UTF-8''n%C3%A9w", 'néw'],
  ['attachment; filename="../../etc/passwd"', 'passwd'],
];

test('without a name in the path, that of Content-Disposition', () =>
  served(
    (_, response) => response.setHeader('content-disposition', header).end('x'),
    async (builder, { url }) => {
      for (const [said, name] of DISPOSITIONS) {
        header = said;
        const { lines } = await builder.build(`FROM scratch\nADD ${url} /\n`, { noCache: true });
        assert.equal(lines, [`${Buffer.from(name).toString('latin1')} file 600 0:0 "x"`]);
      }
    },
  ));

/** Answers as a server that knows one version of its file, by its tag or by its time. */
const revalidating =
  (header: Record<string, string>): Handler =>
  ({ headers }, response) => {
    const same = headers['if-none-match'] === header.etag && headers['if-modified-since'] === header['last-modified'];
    if (same) response.writeHead(304).end();
    else response.writeHead(200, header).end('body');
  };

for (const [what, header, asked] of [
  ['ETag', { etag: '"1"' }, 'if-none-match'],
  ['Last-Modified', { 'last-modified': MODIFIED }, 'if-modified-since'],
] as const) {
  test(`trap 44: a rebuild asks with ${what}, reads no body, and is cached`, () =>
    served(revalidating(header), async (builder, { url, requests }) => {
      const dockerfile = `FROM scratch\nADD ${url}/f /\n`;
      assert.is((await builder.build(dockerfile)).executed.length, 1);
      const again = await builder.build(dockerfile);
      assert.equal([again.executed, again.cached.length], [[], 1]);
      assert.equal(
        requests.map(({ headers }) => headers[asked]),
        [undefined, Object.values(header)[0]],
      );
      const without = await builder.build(dockerfile, { noCache: true });
      assert.equal([without.executed.length, without.lines], [1, ['f file 600 0:0 "body"']]);
    }));
}

test('a server that sends the file again with the same tag is not read to the end', () =>
  served(
    ({ url }, response, attempt) => {
      response.setHeader('etag', 'W/"1"').write('body');
      if (attempt === 1 || url !== '/f') response.end();
    },
    async (builder, { url }) => {
      await builder.build(`FROM scratch\nADD ${url}/f /\n`);
      assert.equal((await builder.build(`FROM scratch\nADD ${url}/f /\n`)).executed, []);
    },
  ));

test('the key is the content and the name, not the URL; what changes is fetched', () =>
  served(
    ({ url }, response) => response.end(url.startsWith('/new') ? 'new' : 'body'),
    async (builder, { url }) => {
      const add = (path: string) => builder.build(`FROM scratch\nADD ${url}${path} /d\n`);
      await add('/a/f');
      assert.equal((await add('/b/f?v=2')).executed, []);
      assert.is((await add('/new/f')).executed.length, 1);
    },
  ));

test('with a checksum that is known nobody is asked', () =>
  served(plain, async (builder, { url, requests }) => {
    const dockerfile = `FROM scratch\nADD --checksum=${digestOf('body')} ${url}/f /\n`;
    await builder.build(dockerfile);
    assert.equal([(await builder.build(dockerfile)).executed, requests.length], [[], 1]);
  }));

test('user and password of a URL are sent, and kept and shown nowhere', () =>
  served(
    ({ headers }, response) => {
      if (headers.authorization === undefined) response.writeHead(401).end();
      else response.end('body');
    },
    async (builder, { host, requests }) => {
      const address = `http://me:s%65cret@${host}/f`;
      const names: string[] = [];
      const options: Partial<BuildOptions> = {
        outputs: [{ type: 'image', names: [], push: false }],
        emit: (event) => event.type === 'vertex' && names.push(event.name),
      };
      await builder.build(`FROM scratch\nADD ${address} /\n`, options);
      const basic = Buffer.from('me:secret').toString('base64');
      assert.is(requests[0]?.headers.authorization, `Basic ${basic}`);
      const kept = (await everythingKept(builder)) + names.join('\n');
      assert.match(kept, `ADD http://${host}/f`);
      for (const secret of ['s%65cret', 'secret', basic]) assert.not.match(kept, secret);
      assert.match(await builder.failure(`FROM scratch\nADD http://${host}/f /\n`), /^DENIED: .*answered 401/);
    },
  ));

test('a redirect to another host takes no password along', () =>
  served(plain, (builder, target) =>
    served(
      (_, response) => response.writeHead(302, { location: `${target.url}/elsewhere` }).end(),
      async (_, { host }) => {
        const { lines } = await builder.build(`FROM scratch\nADD http://me:pw@${host}/name /\n`);
        assert.equal(lines, ['name file 600 0:0 "body"']);
        assert.is(target.requests[0]?.headers.authorization, undefined);
      },
    ),
  ));

test('a body that breaks off is begun again', () =>
  served(
    (_, response, attempt) => {
      response.setHeader('content-length', '4').write('bo');
      if (attempt < 3) setTimeout(() => response.destroy(), 20);
      else response.end('dy');
    },
    async (builder, { url, requests }) => {
      assert.equal((await builder.build(`FROM scratch\nADD ${url}/f /\n`)).lines, ['f file 600 0:0 "body"']);
      assert.is(requests.length, 3);
    },
  ));

test('an authority of one’s own', () =>
  TestBuilder.with(async (builder) => {
    const { caFile, certificateFile, keyFile } = makeCertificate(builder.directory, ['127.0.0.1']);
    const server = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (_, response) =>
      response.end('body'),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.match(await builder.failure(`FROM scratch\nADD ${url}/f /\n`), /^NETWORK: .*certificate/);
      process.env.SSL_CERT_FILE = caFile;
      assert.equal((await builder.build(`FROM scratch\nADD ${url}/f /\n`)).lines, ['f file 600 0:0 "body"']);
    } finally {
      delete process.env.SSL_CERT_FILE;
      server.closeAllConnections();
      server.close();
      rmSync(join(builder.directory, 'ca.pem'));
    }
  }));

/** What goes wrong; in `add`, URL is the server's. */
const FAILURES: readonly (readonly [add: string, error: RegExp])[] = [
  ['ADD URL/missing /', /^NOT_FOUND: cannot fetch http:\/\/127.0.0.1:\d+\/missing: .* answered 404 Not Found$/],
  ['ADD URL/missing?token=secret /', /^NOT_FOUND: cannot fetch http:\/\/127.0.0.1:\d+\/missing: /],
  ['ADD URL /n/', /^INVALID: cannot determine the name of the file at http:/],
  [
    `ADD --checksum=sha256:${'0'.repeat(64)} URL/f /`,
    /^INVALID: .*\/f has the digest sha256:2.*--checksum says sha256:0/,
  ],
  ['ADD --checksum=md5:1 URL/f /', /^INVALID: --checksum=md5:1 is not sha256:/],
  [`ADD --checksum=sha256:${'0'.repeat(64)} local /`, /^INVALID: --checksum is for one source that is a URL/],
  [`ADD --checksum=sha256:${'0'.repeat(64)} URL/a URL/b /`, /^INVALID: --checksum is for one source/],
  ['ADD --keep-git-dir=true local /', /^INVALID: --keep-git-dir is for a source that is a git repository/],
  ['ADD URL/a URL/b /n', /^INVALID: ADD with several sources needs a directory/],
  ['ADD ftp://example.org/x /', /^INVALID: cannot add ftp:\/\/example.org\/x: it is no URL that can be fetched/],
  ['ADD file:///etc/passwd /', /^INVALID: cannot add file:/],
  ['COPY URL/f /', /^INVALID: COPY takes no URL/],
  ['ADD http://127.0.0.1:1/f /', /^NETWORK: cannot talk to 127.0.0.1:1: .*ECONNREFUSED/],
];

test('errors', () =>
  served(
    ({ url }, response) => response.writeHead(url.startsWith('/missing') ? 404 : 200).end('body'),
    async (builder, { url }) => {
      builder.shell('printf l > local');
      for (const [add, error] of FAILURES) {
        assert.match(await builder.failure(`FROM scratch\n${add.replaceAll('URL', url)}\n`), error, add);
      }
    },
  ));

test.run();
