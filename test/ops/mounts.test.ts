import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SecretSource } from '../../src/ops/mounts/secret.ts';
import { becomeRoot } from '../runner/kit.ts';
import { TestBuilder } from './builder.ts';

await becomeRoot();

const test = suite('the mounts of a RUN');

const shared = new TestBuilder();
await shared.addBusybox();
test.after(() => rmSync(shared.directory, { recursive: true }));

/** Works in the one store of this file, without what an earlier test has kept in caches. */
async function on(work: (builder: TestBuilder) => Promise<void>): Promise<void> {
  rmSync(join(shared.root, 'v1/mounts'), { recursive: true, force: true });
  await work(shared);
}

/** A stage whose files are mounted; `a` and what it is next to are apart. */
const STAGE = (beside: string) =>
  `FROM busybox AS stage\nRUN mkdir -p /d/a && echo one > /d/a/f && echo ${beside} > /d/beside\n`;

test('the key of a bind mount is the content of the path alone', () =>
  on(async (builder) => {
    builder.shell('mkdir -p a b; echo 1 > a/f; echo 1 > b/f');
    const steps = [
      'RUN --mount=source=a,target=/m cat /m/f',
      'RUN --mount=from=stage,source=/d/a,target=/m cat /m/f',
      'RUN --mount=from=stage,source=/d/a/f,target=/m/x cat /m/x',
    ];
    const dockerfile = (beside: string) => `${STAGE(beside)}FROM busybox\n${steps.join('\n')}\n`;
    assert.is((await builder.build(dockerfile('1'))).output, '1\none\none\n');
    builder.shell('echo 2 > b/f; touch -d @1 a/f');
    const beside = await builder.build(dockerfile('2'));
    assert.equal(
      beside.executed.filter((step) => step.includes('--mount')),
      [],
    );
    builder.shell('echo 2 > a/f');
    const { executed } = await builder.build(dockerfile('2'));
    assert.ok(executed.some((step) => step.includes(steps[0] ?? '')));
  }));

test('a cache is not in the key, and what it holds is in no layer', () =>
  on(async (builder) => {
    const dockerfile = 'FROM busybox\nRUN --mount=type=cache,target=/c echo x >> /c/log; cat /c/log\n';
    assert.is((await builder.build(dockerfile)).output, 'x\n');
    assert.is((await builder.build(dockerfile)).executed.length, 0);
    const { output, lines } = await builder.build(dockerfile, { noCache: true });
    assert.is(output, 'x\nx\n');
    assert.not.ok(lines.some((line) => /^c[ /]/.test(line)));
  }));

test('caches differ by id, namespace, owner and what they begin with', () =>
  on(async (builder) => {
    const run = (options: string) => `RUN --mount=type=cache,target=/c${options} ls /c; touch /c/x\n`;
    const options = ['', ',id=i', ',uid=1,mode=0700', ',from=stage,source=/d/a', ''];
    const { output } = await builder.build(`${STAGE('1')}FROM busybox\n${options.map(run).join('')}`);
    assert.is(output, 'f\nx\n');
    const buildArgs = { BUILDKIT_CACHE_MOUNT_NS: 'other' };
    assert.is((await builder.build(`FROM busybox\n${run('')}`, { buildArgs })).output, '');
  }));

test('a cache has its owner and mode, a read-only one is not written', () =>
  on(async (builder) => {
    const { output } = await builder.build(
      'FROM busybox\nRUN --mount=type=cache,target=/c,uid=5,gid=6,mode=0710 stat -c "%u %g %a" /c\n' +
        'RUN --mount=type=cache,target=/c,ro touch /c/x 2>/dev/null || echo refused\n',
    );
    assert.is(output, '5 6 710\nrefused\n');
  }));

test('an id of a cache leads nowhere', () =>
  on(async (builder) => {
    await builder.build('FROM busybox\nRUN --mount=type=cache,id=../../..,target=/c echo x > /c/escaped\n');
    const mounts = join(builder.root, 'v1/mounts');
    const [name = '', ...more] = readdirSync(mounts);
    assert.equal([name.length, more], [64, []]);
    assert.ok(existsSync(join(mounts, name, '0/escaped')));
  }));

test('a directory in a cache that a step has made a link stays inside', () =>
  on(async (builder) => {
    const dockerfile =
      'FROM busybox\nRUN --mount=type=cache,target=/c ln -s /etc /c/l; mkdir /c/etc; echo in > /c/etc/here\n' +
      'RUN --mount=type=cache,target=/c,id=/c,source=l ls /c\n';
    assert.is((await builder.build(dockerfile)).output, 'here\n');
  }));

test('a private cache in use is a second one', () =>
  on(async (builder) => {
    const step = (name: string) =>
      `FROM busybox AS ${name}\nRUN --mount=type=cache,target=/c,sharing=private touch /c/${name}; ` +
      `for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; ls /c\n`;
    const both = 'FROM scratch\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b\n';
    const { output } = await builder.build(`${step('a')}${step('b')}${both}`);
    assert.equal(output.split('\n').sort(), ['', 'a', 'b']);
  }));

test('a tmpfs has its size, and nothing of it stays', () =>
  on(async (builder) => {
    const { output, lines } = await builder.build(
      'FROM busybox\nRUN --mount=type=tmpfs,target=/zt/n,size=64k df -k /zt/n | tail -1 | tr -s " " | cut -d" " -f2; ' +
        'echo x > /zt/n/f; head -c 100000 /dev/zero > /zt/n/g 2>/dev/null || echo full\n',
    );
    assert.is(output, '64\nfull\n');
    assert.not.ok(lines.some((line) => line.startsWith('zt')));
  }));

const VALUE = 'kept-out-of-everything';

test('a secret is a file in memory or a variable, and is found nowhere afterwards', () =>
  on(async (builder) => {
    const file = join(builder.directory, 'secret');
    writeFileSync(file, VALUE);
    process.env.TSBUILD_TEST_SECRET = VALUE;
    const secrets = new Map<string, SecretSource>([
      ['s', { file }],
      ['e', { env: 'TSBUILD_TEST_SECRET' }],
    ]);
    const sum = (input: string) => `${input} | sha1sum | cut -c1-6`;
    const dockerfile =
      'FROM busybox\nENV E=other\n' +
      `RUN --mount=type=secret,id=s stat -c "%u %g %a" /run/secrets/s; ${sum('cat /run/secrets/s')}\n` +
      `RUN --mount=type=secret,id=e,target=/k/e,uid=5,gid=6,mode=0440 stat -c "%u %g %a" /k/e; ${sum('cat /k/e')}\n` +
      `RUN --mount=type=secret,id=s,env=E ${sum('printf %s "$E"')}; ls /run 2>/dev/null; true\n` +
      'RUN --mount=type=secret,id=s false\n';
    const events: string[] = [];
    const emit = (event: unknown) => events.push(JSON.stringify(event));
    const error = await builder.failure(dockerfile, { secrets, emit });
    assert.match(error, /^STEP_FAILED/);
    const output = events.map((event) => JSON.parse(event)).filter(({ type }) => type === 'log');
    const text = output.map(({ data }) => Buffer.from(data.data).toString()).join('');
    assert.match(text, /^0 0 400\n(\w{6})\n5 6 440\n\1\n\1\n$/);
    assert.not.ok(`${events.join('')}${error}`.includes(VALUE));
    assert.equal(filesWith(builder.root, VALUE), []);
  }));

test('another value of a secret does not run a step again', () =>
  on(async (builder) => {
    const dockerfile = 'FROM busybox\nRUN --mount=type=secret,id=s wc -c /run/secrets/s\n';
    const build = (value: string) => {
      process.env.TSBUILD_TEST_SECRET = value;
      return builder.build(dockerfile, { secrets: new Map([['s', { env: 'TSBUILD_TEST_SECRET' }]]) });
    };
    assert.is((await build('a')).executed.length, 1);
    assert.is((await build('bb')).executed.length, 0);
  }));

const ERRORS: [step: string, error: RegExp][] = [
  ['--mount=type=secret,id=s,required true', /^NOT_FOUND: the secret s is required/],
  ['--mount=type=ssh,required true', /^NOT_FOUND: the SSH agent default is required/],
  ['--mount=source=nope,target=/x true', /^NOT_FOUND: "\/nope" not found in the build context/],
  ['--mount=from=busybox,source=nope,target=/x true', /^NOT_FOUND: "\/nope" not found in the stage or image/],
  ['--mount=type=tmpfs,target=/etc/passwd true', /^INVALID: cannot mount a directory on \/etc\/passwd/],
  ['--mount=target=/m --mount=type=tmpfs,target=/m/new true', /^(SANDBOX|NOT_FOUND): .*mount tmpfs on \/m\/new/],
  ['--mount=target=/m --mount=type=cache,target=/m/new true', /^(SANDBOX|NOT_FOUND): mount on \/m\/new: ENOENT/],
];

for (const [step, error] of ERRORS) {
  test(`RUN ${step} is an error`, () =>
    on(async (builder) => {
      assert.match(await builder.failure(`FROM busybox\nRUN ${step}\n`), error);
    }));
}

/** The files below a directory whose content has a text. */
function filesWith(directory: string, text: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[])
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .filter((path) => readFileSync(path).includes(text));
}

test.run();
