import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needProgram, type Program } from '../house/programs.ts';
import { validImage } from '../support/valid-image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('archives, read by others and by us');

const DOCKERFILE = `FROM busybox
RUN echo hello > /hello && ln -s hello /link && chown 1:2 /hello
COPY <<E /etc/made
made
E
LABEL a=1
USER 1000
CMD ["cat", "/hello"]
`;

let place: Workplace;
let other: Workplace;
let id: string;

test.before(async () => {
  place = await Workplace.withBusybox();
  other = new Workplace();
  id = await place.build(DOCKERFILE, ['-t', 'app:1', '-t', 'registry.example.org/app:2']);
});

test.after(() => {
  place.remove();
  other.remove();
});

function read(program: Program, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(needProgram(program), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

function sha256(data: string | Buffer): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** podman over a storage of its own, which goes with the workplace. */
function podmanIn(name: string) {
  const state = ['--root', place.at(name), '--runroot', place.at(`${name}-run`), '--storage-driver', 'vfs'];
  return (...args: string[]) => read('podman', ...state, ...args);
}

async function built(type: 'oci' | 'docker'): Promise<string> {
  const file = place.at(`${type}.tar`);
  await place.build(DOCKERFILE, ['-t', 'app:1', '-o', `type=${type},dest=${file}`]);
  return file;
}

test('what is built is valid, and skopeo reads the store in place', async () => {
  const { manifest } = await validImage(place.root, 'app:1');
  assert.is(manifest.config.digest, id);
  const layout = `oci:${place.root}/v1/content:docker.io/library/app:1`;
  assert.is(sha256(read('skopeo', 'inspect', '--raw', '--config', layout)), id);
});

test('skopeo reads an OCI archive; its image ID is ours', async () => {
  const file = await built('oci');
  assert.is(sha256(read('skopeo', 'inspect', '--raw', '--config', `oci-archive:${file}:1`)), id);
  assert.equal(JSON.parse(read('skopeo', 'inspect', `oci-archive:${file}:1`)).Labels, { a: '1' });
  const { layers } = JSON.parse(read('skopeo', 'inspect', '--raw', `oci-archive:${file}:1`));
  const types = new Set(layers.map(({ mediaType }: { mediaType: string }) => mediaType));
  assert.equal([...types], ['application/vnd.oci.image.layer.v1.tar+gzip']);
});

test('umoci unpacks an OCI archive', async () => {
  const file = await built('oci');
  mkdirSync(place.at('layout'));
  execFileSync('tar', ['-xf', file, '-C', place.at('layout')]);
  const rootless = process.geteuid?.() === 0 ? [] : ['--rootless'];
  read('umoci', 'unpack', ...rootless, '--image', `${place.at('layout')}:1`, place.at('bundle'));
  assert.is(readFileSync(place.at('bundle/rootfs/link'), 'utf8'), 'hello\n');
  const { process: settings } = JSON.parse(readFileSync(place.at('bundle/config.json'), 'utf8'));
  assert.equal([settings.args, settings.user.uid], [['cat', '/hello'], 1000]);
});

test('skopeo reads a docker archive by the short name, and copies it', async () => {
  const file = await built('docker');
  assert.is(sha256(read('skopeo', 'inspect', '--raw', '--config', `docker-archive:${file}:app:1`)), id);
  read('skopeo', '--insecure-policy', 'copy', `docker-archive:${file}:app:1`, `dir:${place.at('dir')}`);
});

test('podman loads a docker archive under its name and ID', async () => {
  const podman = podmanIn('podman');
  assert.match(podman('load', '-q', '-i', await built('docker')), /app:1/);
  assert.is(podman('image', 'inspect', '--format', '{{.Id}}', 'app:1').trim(), id.slice('sha256:'.length));
  const mounted = podman('image', 'mount', 'app:1').trim();
  assert.is(readFileSync(`${mounted}/hello`, 'utf8'), 'hello\n');
  podman('image', 'unmount', 'app:1');
});

for (const format of ['docker', 'oci']) {
  test(`save as ${format} and load give the same image with the same names`, async () => {
    const file = place.at(`${format}-saved.tar`);
    await place.ok(['save', '--format', format, '-o', file, 'app:1', 'registry.example.org/app:2']);
    const loaded = await other.ok(['load', '-i', file]);
    assert.equal(loaded.split('\n').sort(), ['loaded image: app:1', 'loaded image: registry.example.org/app:2']);
    for (const name of ['app:1', 'registry.example.org/app:2']) {
      assert.is((await validImage(other.root, name)).manifest.config.digest, id);
    }
    await other.ok(['rmi', 'app:1', 'registry.example.org/app:2']);
  });
}

test('what podman saves is loaded', async () => {
  const podman = podmanIn('saved');
  podman('load', '-q', '-i', await built('docker'));
  for (const format of ['docker-archive', 'oci-archive']) {
    const file = place.at(`podman-${format}.tar`);
    podman('save', '-q', '--format', format, '-o', file, 'app:1');
    const loaded = await other.ok(['load', '-q', '-i', file]);
    if (format === 'oci-archive') assert.is(loaded, id, 'docker archives of podman have another configuration');
    const { config } = await validImage(other.root, loaded);
    assert.equal(config.config?.Labels, { a: '1' });
  }
});

test('archives go through pipes, compressed too', async () => {
  await place.ok(['save', 'app:1', '-o', place.at('piped.tar')]);
  execFileSync('gzip', ['-kf', place.at('piped.tar')]);
  assert.is(await other.ok(['load', '-q'], { stdin: readFileSync(place.at('piped.tar.gz')) }), id);
  await place.ok(['save', 'app:1'], { through: ['sh', '-c', '"$@" | cat > piped', 'sh'] });
  assert.equal(readFileSync(place.at('piped')), readFileSync(place.at('piped.tar')));
});

test('an image without a name is saved by its ID and loaded without one', async () => {
  const nameless = await place.build('FROM busybox\nLABEL nameless=1\n');
  await place.ok(['save', '-o', place.at('nameless.tar'), nameless]);
  assert.is(await other.ok(['load', '-i', place.at('nameless.tar')]), `loaded image: ${nameless}`);
  const rows = JSON.parse(await other.ok(['images', '--json']));
  assert.ok(rows.some((row: { id: string; name: string | null }) => row.id === nameless && row.name === null));
});

test('the same image is archived to the same bytes', async () => {
  const digests = [];
  for (const run of [1, 2]) {
    await place.ok(['save', '-o', place.at(`run-${run}.tar`), 'app:1']);
    digests.push(sha256(readFileSync(place.at(`run-${run}.tar`))));
  }
  assert.is(digests[0], digests[1]);
});

test('a layer that the disk damaged is not compressed and handed on', async () => {
  const damaged = new Workplace();
  try {
    await damaged.ok(['load', '-i', await built('docker')]);
    const { manifest } = await validImage(damaged.root, 'app:1');
    const layer = manifest.layers[0]?.digest.slice('sha256:'.length) ?? '';
    const blob = damaged.at('store/v1/content/blobs/sha256', layer);
    const bytes = readFileSync(blob);
    bytes[600] = (bytes[600] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    const { code, stderr } = await damaged.run(['save', '--format', 'oci', '-o', damaged.at('out.tar'), 'app:1']);
    assert.is(code, 1);
    assert.match(stderr, `${layer} is damaged on the disk`);
  } finally {
    damaged.remove();
  }
});

test.run();
