import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

const test = suite('traps of RUN --mount');

const builder = new TestBuilder();
await builder.addBusybox();
builder.shell('mkdir sub; echo hidden > hidden; echo seen > sub/seen; echo hidden > .dockerignore');
test.after(() => rmSync(builder.directory, { recursive: true }));

/** The output of the steps, and the names of the image below those that the mounts could have left. */
async function outcome(steps: string, prefix = /^$/): Promise<{ output: string; left: string[] }> {
  const { output, lines } = await builder.build(`FROM busybox\n${steps}`);
  return { output, left: lines.filter((line) => prefix.test(line)) };
}

test('trap 47: a missing optional secret is silent, a given one is 0400 at /run/secrets', async () => {
  const { output } = await outcome('RUN --mount=type=secret,id=none ls /run/secrets 2>/dev/null || echo absent\n');
  assert.is(output, 'absent\n');
});

test('trap 48: the id of a cache is its target', async () => {
  const { output } = await outcome(
    'RUN --mount=type=cache,target=/c echo kept > /c/f\nRUN --mount=type=cache,target=/d,id=/c cat /d/f\n',
  );
  assert.is(output, 'kept\n');
});

test('trap 49: a bind mount is read-only, a relative target joins WORKDIR, the ignore file counts', async () => {
  const { output } = await outcome(
    'WORKDIR /w\nRUN --mount=target=m cat m/sub/seen; ls /w/m; touch m/x 2>/dev/null || echo read-only\n',
  );
  assert.is(output, 'seen\nsub\nread-only\n');
});

test('trap 49: what is written with rw is thrown away', async () => {
  const { output, left } = await outcome(
    'WORKDIR /w\nRUN --mount=target=.,rw echo x > sub/seen; touch new; rm -r sub; ls\n' +
      'RUN --mount=target=. cat sub/seen; ls\n',
    /^w\//,
  );
  assert.equal([output, left], ['new\nseen\nsub\n', []]);
});

const POINTS: [what: string, steps: string, left: string[]][] = [
  ['nested', 'RUN --mount=type=cache,target=/p/q/r touch /p/q/r/x\n', []],
  [
    'of every type',
    `RUN ${['bind', 'tmpfs', 'cache'].map((t) => `--mount=type=${t},target=/p/${t}`).join(' ')} true\n`,
    [],
  ],
  ['of a file', 'RUN --mount=source=sub/seen,target=/p/q/f cat /p/q/f\n', []],
  [
    'below a directory that a layer has removed',
    'RUN mkdir -p /p/q; echo > /p/q/f\nRUN rm -r /p\nRUN --mount=type=tmpfs,target=/p/q/r true\n',
    [],
  ],
  ['behind a link', 'RUN mkdir /p; ln -s p /l\nRUN --mount=type=tmpfs,target=/l/q true\n', ['p directory 755 0:0']],
  [
    'beside what the step itself makes',
    'RUN --mount=type=tmpfs,target=/p/q true; echo x > /p/f; chmod 700 /p\n',
    ['p directory 700 0:0', 'p/f file 644 0:0 "x\\n"'],
  ],
];

for (const [what, steps, left] of POINTS) {
  test(`trap 50: an empty mount point never enters a layer: ${what}`, async () => {
    assert.equal((await outcome(steps, /^p[ /]/)).left, left);
  });
}

test('trap 50: /etc/hosts, /etc/resolv.conf and /etc/hostname never enter a layer', async () => {
  const { left } = await outcome('RUN cat /etc/hosts /etc/resolv.conf /etc/hostname > /dev/null\n', /^etc\/(h|r)/);
  assert.equal(left, []);
});

test.run();
