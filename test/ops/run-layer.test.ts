import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTar } from '../../src/tar/read.ts';
import { becomeRoot } from '../runner/kit.ts';
import { parseSamples } from '../tar/samples.ts';
import { TestBuilder } from './builder.ts';

await becomeRoot();

const test = suite('the layer of a RUN');

/** The members of the layers above the base, in order. */
async function layersOf(builder: TestBuilder, dockerfile: string, epoch?: number): Promise<string[][]> {
  const destination = join(builder.directory, 'image.tar');
  await builder.build(dockerfile, { outputs: [{ type: 'oci', destination, names: [] }], epoch });
  const blobs = new Map<string, Buffer>();
  async function* archive(): AsyncGenerator<Buffer> {
    yield readFileSync(destination);
  }
  for await (const { entry, body } of readTar(archive())) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    blobs.set(entry.path, Buffer.concat(chunks));
  }
  const json = (path: string) => JSON.parse(String(blobs.get(path)));
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const manifest = json(blob(json('index.json').manifests[0].digest));
  const layers: { digest: string }[] = manifest.layers.slice(1);
  return layers.map(({ digest }) =>
    parseSamples(gunzipSync(blobs.get(blob(digest)) ?? '')).map(({ entry }) => entry.path),
  );
}

/** A command, and all that its layer holds. */
const COMMANDS: readonly (readonly [command: string, members: readonly string[]])[] = [
  ['true', []],
  ['cat /etc/hosts /etc/resolv.conf /etc/hostname /proc/self/status > /dev/null', []],
  ['echo x > /dev/null; ls /sys /proc /dev > /dev/null; echo y > /dev/shm/y', []],
  ['echo "1 x" >> /etc/hosts || echo > /etc/resolv.conf || rm /etc/hosts || true', []],
  ['echo x > /etc/new', ['etc', 'etc/new']],
  ['mkdir -p /run/x', ['run', 'run/x']],
  ['rm -rf /run /proc /sys /dev || true', []],
  ['rm -rf /tmp/* /root', ['.wh.root']],
  [`mkdir /d && cd /d && E=$(printf '\\303\\244') && [ ä = "$E" ] && : > ö`, ['d', 'd/\u00c3\u00b6']],
  ['echo x > /f; chown 5:6 /f', ['f']],
];

for (const [command, members] of COMMANDS) {
  test(command, () =>
    TestBuilder.with(async (builder) => {
      await builder.addBusybox();
      assert.equal(await layersOf(builder, `FROM busybox\nRUN ${command}\n`), [members]);
    }),
  );
}

test('a program in place never enters the layer', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const dockerfile =
      'FROM busybox\nRUN <<EOF\n#!/bin/sh\necho "$0" > /name\nrm -rf /run/* || true\nEOF\nRUN test ! -e /run\n';
    assert.equal(await layersOf(builder, dockerfile), [['name'], []]);
  }));

test('mount points that an image lacks do not appear in it', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const { lines } = await builder.build('FROM scratch\nCOPY --from=busybox /bin /bin\nRUN true\n');
    assert.equal(
      lines.filter((line) => !line.startsWith('bin')),
      [],
    );
  }));

test('times are clamped to SOURCE_DATE_EPOCH', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    const dockerfile = 'FROM busybox\nRUN echo x > /new; touch -d @1000 /old\n';
    const first = await layersOf(builder, dockerfile, 2000);
    assert.equal(first, [['new', 'old']]);
    const { timed } = await builder.build(dockerfile, { epoch: 2000 });
    assert.equal(
      timed.filter((line) => /^(new|old) /.test(line)),
      ['new file 644 0:0 2000 "x\\n"', 'old file 644 0:0 1000 ""'],
    );
  }));

test('what a failing RUN wrote is gone', () =>
  TestBuilder.with(async (builder) => {
    await builder.addBusybox();
    assert.match(await builder.failure('FROM busybox\nRUN echo x > /f; exit 3\n'), /^STEP_FAILED: .*exit code: 3/);
    const { lines } = await builder.build('FROM busybox\nRUN test ! -e /f\n');
    assert.not.ok(lines.some((line) => line.startsWith('f ')));
  }));

test.run();
