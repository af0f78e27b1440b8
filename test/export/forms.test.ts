import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { needProgram, type Program } from '../house/programs.ts';
import { validImage } from '../support/valid-image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('the forms in which an image leaves');

const DOCKERFILE = 'FROM busybox\nRUN echo hello > /hello && mkdir /d && echo x > /d/x\n';

let place: Workplace;
let registry: TestRegistry;
let id: string;

test.before(async () => {
  [place, registry] = await Promise.all([Workplace.withBusybox(), startRegistry()]);
  id = await place.build(DOCKERFILE);
});
test.after(async () => {
  await registry.stop();
  place.remove();
});

function read(program: Program, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(needProgram(program), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

interface Manifest {
  mediaType: string;
  config: { mediaType: string; digest: string };
  layers: { mediaType: string; digest: string }[];
  annotations?: Record<string, string>;
}

function manifestOf(image: string, ...flags: string[]): Manifest {
  return JSON.parse(read('skopeo', 'inspect', '--raw', ...flags, image));
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** The fields of an output, and the media types of the layers that follow from them. */
const COMPRESSIONS: [fields: string, types: string[]][] = [
  ['compression=uncompressed', [LAYER, LAYER]],
  ['compression=zstd', [`${LAYER}+zstd`, `${LAYER}+zstd`]],
  ['compression=gzip,compression-level=9', [`${LAYER}+gzip`, `${LAYER}+gzip`]],
];

for (const [fields, types] of COMPRESSIONS) {
  test(`${fields}: skopeo and we read it back as the same image`, async () => {
    const name = fields.replaceAll(/[^a-z0-9]/g, '');
    const file = place.at(`${name}.tar`);
    assert.is(await place.build(DOCKERFILE, ['-o', `type=oci,dest=${file},name=x:1,${fields}`]), id);
    const manifest = manifestOf(`oci-archive:${file}:1`);
    assert.equal(
      manifest.layers.map(({ mediaType }) => mediaType),
      types,
    );
    read('skopeo', '--insecure-policy', 'copy', `oci-archive:${file}:1`, `oci:${place.at(name)}:1`);
    const other = new Workplace();
    try {
      assert.is(await other.ok(['load', '-q', '-i', file]), id);
      await validImage(other.root, 'x:1');
    } finally {
      other.remove();
    }
  });
}

test('force-compression changes what was compressed before, and pushes of the result are pulled', async () => {
  const [first, second] = [`${registry.host}/force:gzip`, `${registry.host}/force:zstd`];
  await place.build(DOCKERFILE, ['-o', `type=registry,name=${first}`]);
  const other = new Workplace();
  try {
    const from = `FROM ${first}\nLABEL a=1\n`;
    await other.build(from, ['-o', `type=registry,name=${second},compression=zstd,force-compression=true`]);
    const types = manifestOf(`docker://${second}`, '--tls-verify=false').layers.map(({ mediaType }) => mediaType);
    assert.equal(types, [`${LAYER}+zstd`, `${LAYER}+zstd`]);
    await place.ok(['pull', '-q', second]);
    await validImage(place.root, second);
  } finally {
    other.remove();
  }
});

test('oci-mediatypes=false: all of them are docker’s, also in a registry', async () => {
  const name = `${registry.host}/docker:1`;
  await place.build(DOCKERFILE, ['-o', `type=image,name=${name},push=true,oci-mediatypes=false`]);
  const manifest = manifestOf(`docker://${name}`, '--tls-verify=false');
  const types = [manifest, manifest.config, ...manifest.layers].map(({ mediaType }) => mediaType);
  assert.ok(
    types.every((type) => type.startsWith('application/vnd.docker.')),
    types.join(),
  );
  assert.is(manifest.config.digest, id);
});

test('annotations are in the manifest, here and in the registry', async () => {
  const name = `${registry.host}/annotated:1`;
  await place.build(DOCKERFILE, ['-o', `type=image,name=${name},push=true,annotation.org.example.a=b c`]);
  const expected = { 'org.example.a': 'b c' };
  assert.equal(manifestOf(`docker://${name}`, '--tls-verify=false').annotations, expected);
  assert.equal(manifestOf(`oci:${place.root}/v1/content:${name}`).annotations, expected);
  assert.is((await validImage(place.root, name)).manifest.config.digest, id);
});

test('push-by-digest leaves no tag there and no name here', async () => {
  const name = `${registry.host}/untagged`;
  const metadata = place.at('metadata.json');
  const args = [
    '--metadata-file',
    metadata,
    '-o',
    `type=image,name=${name},push=true,push-by-digest=true,name-canonical=true`,
  ];
  await place.build(DOCKERFILE, args);
  const written = JSON.parse(readFileSync(metadata, 'utf8'));
  assert.match(written['image.name'], new RegExp(`^${name}@sha256:[0-9a-f]{64}$`));
  assert.ok(written['image.name'].endsWith(written['containerimage.digest']));
  assert.is(manifestOf(`docker://${written['image.name']}`, '--tls-verify=false').config.digest, id);
  assert.throws(() => read('skopeo', 'inspect', '--tls-verify=false', `docker://${name}:latest`), /unknown/);
  assert.not.ok((await place.ok(['images', '--json'])).includes('/untagged'));
});

for (const type of ['oci', 'docker']) {
  test(`${type} as a directory: skopeo and umoci read it, a second image joins it, the same one replaces itself`, async () => {
    const directory = place.at(`${type}-layout`);
    const to = (name: string) => ['-o', `type=${type},tar=false,dest=${directory},name=${name}`];
    await place.build(DOCKERFILE, to('one:1'));
    await place.build('FROM busybox\nLABEL other=1\n', to('two:2'));
    await place.build(DOCKERFILE, to('one:1'));
    assert.is(manifestOf(`oci:${directory}:1`).config.digest, id);
    assert.equal(read('umoci', 'list', '--layout', directory).trim().split('\n').sort(), ['1', '2']);
    assert.is(existsSync(`${directory}/manifest.json`), type === 'docker');
    assert.equal(
      readdirSync(`${directory}/blobs/sha256`).filter((name) => name.startsWith('.')),
      [],
    );
  });
}

test('local with mode=delete leaves what was built and nothing else, and follows no link', async () => {
  place.write('exported/old', 'old');
  place.write('exported/d/old', 'old');
  place.write('outside/kept', 'kept');
  spawnSync('ln', ['-s', place.at('outside'), place.at('exported/link')]);
  const dockerfile = `${DOCKERFILE}FROM scratch\nCOPY --from=0 /hello /hello\nCOPY --from=0 /d /d\n`;
  await place.build(dockerfile, ['-o', `type=local,dest=${place.at('exported')},mode=delete`]);
  assert.equal(readdirSync(place.at('exported')).sort(), ['d', 'hello']);
  assert.equal(readdirSync(place.at('exported/d')), ['x']);
  assert.is(readFileSync(place.at('outside/kept'), 'utf8'), 'kept');
});

test('platform-split=true gives the only platform a directory too', async () => {
  const dockerfile = `${DOCKERFILE}FROM scratch\nCOPY --from=0 /hello /hello\n`;
  await place.build(dockerfile, ['-o', `type=local,dest=${place.at('split')},platform-split=true`]);
  assert.match(readdirSync(place.at('split')).join(), /^linux_[a-z0-9]+$/);
});

test.run();
