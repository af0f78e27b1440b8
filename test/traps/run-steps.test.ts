import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('traps of RUN');

const builder = new TestBuilder();
await builder.addBusybox();
test.after(() => rmSync(builder.directory, { recursive: true }));

const ACCOUNTS =
  'RUN echo "me:x:1000:1001::/home/me:/bin/sh" >> /etc/passwd; echo "more:x:7:me" >> /etc/group; echo "me:x:1001:" >> /etc/group\n';

/** What steps say; each row is one build. */
const ROWS: [trap: string, steps: string, output: string][] = [
  ['trap 8: a heredoc is the input of the command it is written to', 'RUN cat <<E | tr a-z A-Z\nabc\nE\n', 'ABC\n'],
  ['trap 8: <<- strips tabs alone, a quoted word stops expansion', "RUN x=1; cat <<-'E'\n\t  $x\n\tE\n", '  $x\n'],
  ['trap 9: a lone heredoc is a script of the shell, without -e', 'RUN <<E\nfalse\necho still\nE\n', 'still\n'],
  ['trap 9: a lone heredoc is handed to SHELL', 'SHELL ["/bin/echo", "shell:"]\nRUN <<E\nbody\nE\n', 'shell: body\n\n'],
  ['trap 9: a body with #! is run as a file', 'RUN <<E\n#!/bin/cat\nitself\nE\n', '#!/bin/cat\nitself\n'],
  ['trap 14: proxies reach RUN in both cases', 'RUN echo $HTTP_PROXY $http_proxy\n', 'http://p http://p\n'],
  ['trap 16: RUN sees the ARG that follows the ENV', 'ENV V=env\nARG V=arg\nRUN echo $V\n', 'arg\n'],
  ['trap 51: without network there is loopback', 'RUN --network=none ip addr | grep -c "inet 127.0.0.1"\n', '1\n'],
  ['trap 51: stdin is empty', 'RUN wc -c\n', '0\n'],
  ['trap 51: the hostname is the same everywhere', 'RUN hostname\n', 'buildkitsandbox\n'],
  ['trap 51: RUN ignores ENTRYPOINT', 'ENTRYPOINT ["/bin/false"]\nRUN echo ran\n', 'ran\n'],
  ['trap 52: USER alone has the groups of the account', `${ACCOUNTS}USER me\nRUN id -u; id -G\n`, '1000\n1001 7\n'],
  ['trap 52: user:group has that one', `${ACCOUNTS}USER me:7\nRUN id -u; id -G\n`, '1000\n7\n'],
  ['trap 52: a number needs no account', 'USER 4242\nRUN id -u; id -g\n', '4242\n0\n'],
  [
    'trap 53: WORKDIR joins, and makes what is missing',
    'WORKDIR /a\nWORKDIR b/c\nRUN pwd; stat -c %a /a/b\n',
    '/a/b/c\n755\n',
  ],
  ['trap 53: WORKDIR leaves what is there', 'RUN mkdir -m 700 /a\nWORKDIR /a\nRUN stat -c %a .\n', '700\n'],
];

for (const [trap, steps, output] of ROWS) {
  test(trap, async () => {
    const buildArgs: Record<string, string> = trap.startsWith('trap 14') ? { HTTP_PROXY: 'http://p' } : {};
    assert.is((await builder.build(`FROM busybox\n${steps}`, { buildArgs, noCache: true })).output, output);
  });
}

test('trap 13: an ARG that changes runs the steps behind it again, and no other', async () => {
  const dockerfile = 'FROM busybox\nRUN echo above\nARG A\nRUN echo below\n';
  await builder.build(dockerfile, { buildArgs: { A: '1' } });
  assert.equal((await builder.build(dockerfile, { buildArgs: { A: '2' } })).executed, ['RUN echo below']);
});

test('trap 14: proxies are in no key and no history', async () => {
  const dockerfile = 'FROM busybox\nRUN echo proxied\n';
  await builder.build(dockerfile, { buildArgs: { HTTP_PROXY: 'http://user:one@p' } });
  const destination = join(builder.directory, 'proxied.tar');
  const outputs = [{ type: 'oci', destination, names: [] }] as const;
  const again = await builder.build(dockerfile, { buildArgs: { HTTP_PROXY: 'http://user:two@p' }, outputs });
  assert.equal(again.executed, []);
  assert.not.match(readFileSync(destination, 'latin1'), /http:\/\/user/);
});

test.run();
