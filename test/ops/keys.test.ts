import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { TestBuilder } from './builder.ts';

await becomeRoot();

const test = suite('what is executed again');

const COPY_STEPS = ['COPY src /n/', 'COPY top /'];
const COPY_FILE = 'FROM scratch\nCOPY src /n/\nCOPY top /\n';
const FILES = 'mkdir -p src/d; printf 1 > src/a; printf 2 > src/d/b; printf 3 > top';

/** A change of the context, and which of the two steps are executed after it. */
const CHANGES: readonly (readonly [change: string, executed: readonly string[]])[] = [
  ['true', []],
  ['touch src/a src/d src/d/b top src .', []],
  ['printf 1 > src/a', []],
  ['cp -r src new; rm -r src; mv new src', []],
  ['printf x > src/a', COPY_STEPS],
  ['printf x > top', ['COPY top /']],
  ['chmod 600 src/a', COPY_STEPS],
  ['chmod 700 src/d', COPY_STEPS],
  ['chmod 700 src', []],
  ['chown 5:6 src/a', []],
  ['mv src/a src/c', COPY_STEPS],
  ['touch src/empty', COPY_STEPS],
  ['mkdir src/empty', COPY_STEPS],
  ['rm src/a; ln -s a src/l; ln -s /etc/passwd src/a', COPY_STEPS],
  ['printf x > elsewhere', []],
  ['echo elsewhere > .dockerignore', []],
  ['echo src/d > .dockerignore', COPY_STEPS],
];

for (const [change, executed] of CHANGES) {
  test(`COPY after: ${change}`, () =>
    TestBuilder.with(async (builder) => {
      builder.shell(FILES);
      const first = await builder.build(COPY_FILE);
      assert.equal(first.executed, COPY_STEPS);
      builder.shell(change);
      const second = await builder.build(COPY_FILE);
      assert.equal(second.executed, executed);
      assert.equal(
        second.cached,
        COPY_STEPS.filter((step) => !executed.includes(step)),
      );
      if (executed.length === 0) assert.equal(second.lines, first.lines);
    }));
}

test('the name of the directory that is copied from is no part of the key', () =>
  TestBuilder.with(async (builder) => {
    builder.shell('mkdir -p one/src; printf 1 > one/src/f');
    await builder.build('FROM scratch\nCOPY one/src /n/\n');
    renameSync(join(builder.context, 'one'), join(builder.context, 'two'));
    renameSync(join(builder.context, 'two/src'), join(builder.context, 'two/lib'));
    const again = await builder.build('FROM scratch\nCOPY two/lib /n/\n');
    assert.equal(again.lines, ['n directory 755 0:0', 'n/f file 644 0:0 "1"']);
  }));

test('a stage that runs again and makes the same bytes invalidates nobody', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const dockerfile = [
      'FROM busybox AS make',
      'ARG seed',
      'RUN mkdir /out && echo result > /out/f && echo "$seed" > /elsewhere',
      'FROM busybox',
      'COPY --from=make /out /n/',
      'RUN cat /n/f',
      '',
    ].join('\n');
    await builder.build(dockerfile, { buildArgs: { seed: '1' } });
    const again = await builder.build(dockerfile, { buildArgs: { seed: '2' } });
    assert.equal(again.executed, ['make: RUN mkdir /out && echo result > /out/f && echo "$seed" > /elsewhere']);
    assert.equal(again.cached, ['stage-1: COPY --from=make /out /n/', 'stage-1: RUN cat /n/f']);
  }));

const FILE_CHANGES: readonly (readonly [what: string, change: string, isExecuted: boolean])[] = [
  ['the same', 'true', false],
  ['a time', 'touch -d @5 /out/f', false],
  ['the content', 'echo x > /out/f', true],
  ['the mode', 'chmod 600 /out/f', true],
  ['the owner', 'chown 5 /out/f', true],
  ['another name', 'mv /out/f /out/g', true],
  ['a file beside it', 'touch /other', false],
];

for (const [what, change, isExecuted] of FILE_CHANGES) {
  test(`COPY --from after a change of ${what}`, () =>
    TestBuilder.with(async (builder) => {
      await builder.addBusybox();
      const dockerfile = (script: string) =>
        `FROM busybox AS make\nRUN mkdir /out && echo 1 > /out/f && touch -d @9 /out/f /out && ${script}\nFROM scratch\nCOPY --from=make /out /n/\n`;
      await builder.build(dockerfile(':'));
      const { executed } = await builder.build(dockerfile(`: && ${change}`));
      assert.is(executed.includes('stage-1: COPY --from=make /out /n/'), isExecuted, executed.join('\n'));
    }));
}

test('COPY --from after a change of a capability alone', () =>
  TestBuilder.with(async (builder) => {
    const dockerfile = 'FROM scratch\nCOPY --from=other /ping /ping\n';
    for (const hex of ['0100000200200000000000000000000000000000', '0100000200100000000000000000000000000000']) {
      const xattrs = new Map([['security.capability', Buffer.from(hex, 'hex')]]);
      await builder.addImage('other', [[{ path: 'ping', xattrs }]]);
      const { executed, lines } = await builder.build(dockerfile);
      assert.equal(executed, ['COPY --from=other /ping /ping']);
      assert.equal(lines, [`ping file 644 0:0 "" security.capability=${hex}`]);
    }
  }));

test('equal steps of two stages run once', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const { executed, output } = await builder.build(
      [
        'FROM busybox AS a',
        'RUN echo once > /f && echo ran',
        'FROM busybox AS b',
        'RUN echo once > /f && echo ran',
        'FROM scratch',
        'COPY --from=a /f /a',
        'COPY --from=b /f /b',
        '',
      ].join('\n'),
    );
    assert.is(executed.filter((step) => step.includes('RUN')).length, 1);
    assert.is(output, 'ran\n');
  }));

test('a stage that nobody needs is not touched', () =>
  TestBuilder.with(async (builder) => {
    const dockerfile = 'FROM 127.0.0.1:9/missing AS never\nRUN exit 1\nFROM scratch\nCOPY <<f /\nx\nf\n';
    const { lines } = await builder.build(dockerfile);
    assert.equal(lines, ['f file 644 0:0 "x\\n"']);
    assert.match(await builder.failure(dockerfile, { target: 'never' }), /^NETWORK: /);
  }));

test('a base image is unpacked when something runs on it or reads it, and not before', () =>
  TestBuilder.with(async (builder) => {
    await builder.addImage('base', [[{ path: 'f', content: 'f' }]]);
    const outputs = [{ type: 'oci' as const, destination: join(builder.directory, 'image.tar'), names: [] }];
    await builder.build('FROM base\nENV a=b\n', { outputs });
    assert.is(unpacked(builder), 0);
    await builder.build('FROM base\nCOPY <<g /\nx\ng\n', { outputs });
    assert.is(unpacked(builder), 2);
  }));

/** How many snapshots have their files in place. */
function unpacked(builder: TestBuilder): number {
  const directory = join(builder.root, 'v1/s');
  return readdirSync(directory).filter((id) => existsSync(join(directory, id, 'fs'))).length;
}

test('a changed ARG runs every later RUN of its stage again, and none before it', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const dockerfile = 'FROM busybox\nRUN echo before\nARG a=1\nRUN echo after\nCOPY <<f /\nx\nf\n';
    await builder.build(dockerfile);
    assert.equal((await builder.build(dockerfile)).executed, []);
    const { executed, cached } = await builder.build(dockerfile, { buildArgs: { a: '2' } });
    assert.ok(executed.includes('RUN echo after'));
    assert.equal(cached, ['RUN echo before']);
  }));

test('without the cache every step runs, and its result is kept', () =>
  TestBuilder.with(async (builder) => {
    builder.shell(FILES);
    await builder.build(COPY_FILE);
    assert.equal((await builder.build(COPY_FILE, { noCache: true })).executed, COPY_STEPS);
    assert.equal((await builder.build(COPY_FILE)).cached, COPY_STEPS);
  }));

test('a build leaves nothing behind but the store', () =>
  TestBuilder.with(async (builder) => {
    builder.shell(FILES);
    await builder.build(COPY_FILE);
    await builder.failure('FROM scratch\nCOPY top /top/\nCOPY src /top/top\n');
    assert.equal(readdirSync(join(builder.root, 'v1/tmp')), []);
  }));

test.run();
