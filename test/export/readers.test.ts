import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { digestOf } from '../../src/base/digest.ts';
import { needProgram, type Program } from '../house/programs.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('every form of an image, read by every other program');

const DOCKERFILE = 'FROM busybox\nRUN echo hello > /hello && chown 1:2 /hello\nLABEL a=1\nCMD ["cat", "/hello"]\n';

/** Each with how other programs call it, and whether it is an OCI layout without zstd: umoci reads those. */
const FORMS: readonly { fields: string; directory?: boolean; docker?: boolean; umoci?: boolean }[] = [
  { fields: 'type=oci,annotation.org.example.a=b', umoci: true },
  { fields: 'type=oci,compression=zstd' },
  { fields: 'type=oci,compression=uncompressed,tar=false', directory: true, umoci: true },
  { fields: 'type=docker,oci-mediatypes=false', docker: true },
  { fields: 'type=docker', docker: true },
  { fields: 'type=docker,compression=uncompressed,tar=false', directory: true, umoci: true },
];

let place: Workplace;
let registry: TestRegistry;
let id: string;

const nameOf = (index: number) => `form-${index}`;
const remote = () => `${registry.host}/app:1`;

test.before(async () => {
  [place, registry] = await Promise.all([Workplace.withBusybox(), startRegistry()]);
  const outputs = FORMS.flatMap(({ fields }, index) => ['-o', `${fields},dest=${place.at(nameOf(index))},name=app:1`]);
  id = await place.build(DOCKERFILE, [...outputs, '-o', `type=registry,name=${remote()}`]);
});
test.after(async () => {
  await registry.stop();
  place.remove();
});

function read(program: Program, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(needProgram(program), args, { encoding: 'utf8', cwd: place.directory });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

function configOf(source: string, ...flags: string[]): string {
  const args = ['inspect', '--raw', '--config', ...flags, source];
  const { stdout, stderr } = spawnSync(needProgram('skopeo'), args, { cwd: place.directory });
  return stdout.length === 0 ? stderr.toString() : digestOf(stdout);
}

/** podman over a storage of its own, which goes with the workplace. */
function podman(...args: string[]): string {
  const state = ['--root', place.at('podman'), '--runroot', place.at('podman-run'), '--storage-driver', 'vfs'];
  return read('podman', ...state, ...args);
}

/** Where an OCI layout is a directory: an archive of one is unpacked. */
function layoutOf(index: number): string {
  if (FORMS[index]?.directory) return place.at(nameOf(index));
  const directory = place.at(`${nameOf(index)}-layout`);
  mkdirSync(directory);
  execFileSync('tar', ['-xf', place.at(nameOf(index)), '-C', directory]);
  return directory;
}

function requirePodmanReads(source: string, ...flags: string[]): void {
  const pulled = podman('pull', '-q', ...flags, source);
  assert.is(`sha256:${pulled.split('\n').at(-1)}`, id);
  podman('rmi', '-f', pulled);
}

for (const [index, { fields, directory, docker, umoci }] of FORMS.entries()) {
  test(fields, async () => {
    const scheme = directory ? 'oci' : docker ? 'docker-archive' : 'oci-archive';
    // podman makes a name of the path, which has to be one in lower case.
    const source = `${scheme}:${nameOf(index)}:${docker ? 'app:1' : '1'}`;
    assert.is(configOf(source), id);
    read('skopeo', '--insecure-policy', 'copy', '-q', source, `dir:${place.at(`${nameOf(index)}-copied`)}`);
    requirePodmanReads(source);
    const layout = layoutOf(index);
    if (umoci) assert.match(read('umoci', 'stat', '--image', `${layout}:1`), /LABEL a=1/);
    if (directory) execFileSync('tar', ['-cf', place.at(`${nameOf(index)}.tar`), '-C', layout, '.']);
    const other = new Workplace();
    try {
      assert.is(await other.ok(['load', '-q', '-i', place.at(directory ? `${nameOf(index)}.tar` : nameOf(index))]), id);
      const [{ Descriptor }] = JSON.parse(await other.ok(['inspect', id]));
      const [named] = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests;
      if (scheme !== 'docker-archive') assert.is(Descriptor.digest, named.digest);
    } finally {
      other.remove();
    }
  });
}

test('type=registry', () => {
  assert.is(configOf(`docker://${remote()}`, '--tls-verify=false'), id);
  requirePodmanReads(`docker://${remote()}`, '--tls-verify=false');
});

test('an index: each program finds its platform, and what is loaded has its digest', async () => {
  const file = place.at('both.tar');
  const both = ['--platform', 'linux/amd64,linux/s390x', '-o', `type=oci,dest=${file},name=both:1`];
  await place.build('FROM scratch\nARG TARGETARCH\nCOPY <<E /arch\n$TARGETARCH\nE\n', both);
  const arch = (...flags: string[]) =>
    JSON.parse(read('skopeo', ...flags, 'inspect', `oci-archive:${file}:1`)).Architecture;
  assert.equal([arch('--override-arch', 's390x'), arch('--override-arch', 'amd64')], ['s390x', 'amd64']);
  const pulled = podman('pull', '-q', '--arch', 's390x', `oci-archive:${file}:1`);
  assert.is(podman('image', 'inspect', '--format', '{{.Architecture}}', pulled), 's390x');
  const [named] = JSON.parse(execFileSync('tar', ['-xOf', file, 'index.json'], { encoding: 'utf8' })).manifests;
  assert.is(await place.ok(['load', '-q', '-i', file]), named.digest);
});

test.run();
