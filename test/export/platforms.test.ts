import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('images for several platforms');

const DOCKERFILE = 'FROM scratch\nARG TARGETARCH\nCOPY <<EOF /arch\n$TARGETARCH\nEOF\n';
const BOTH = ['--platform', 'linux/s390x,linux/arm/v7'];

let place: Workplace;
test.before(() => {
  place = new Workplace();
});
test.after(() => place.remove());

test('the result is an index, which is listed, saved, removed and loaded as one image', async () => {
  const id = await place.build(DOCKERFILE, [...BOTH, '-t', 'multi']);
  assert.is(JSON.parse(await place.ok(['images', '--json']))[0].id, id);
  const [inspected] = JSON.parse(await place.ok(['inspect', 'multi']));
  assert.equal([inspected.Id, inspected.Architecture], [id, 's390x'], 'the first one, where none is for this machine');
  await place.ok(['save', '--format', 'oci', '-o', place.at('multi.tar'), 'multi']);
  const member = (name: string) => execFileSync('tar', ['-xOf', place.at('multi.tar'), name]);
  const [{ digest }] = JSON.parse(member('index.json').toString()).manifests;
  const { manifests } = JSON.parse(member(`blobs/sha256/${digest.slice('sha256:'.length)}`).toString());
  assert.equal(
    manifests.map((manifest: { platform: object }) => manifest.platform),
    [
      { os: 'linux', architecture: 's390x' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ],
  );
  await place.ok(['rmi', 'multi']);
  assert.match(await place.ok(['load', '-i', place.at('multi.tar')]), /loaded image: multi:latest/);
  assert.is(JSON.parse(await place.ok(['inspect', 'multi']))[0].Id, digest);
});

test('a directory has a part for each platform', async () => {
  await place.build(DOCKERFILE, [...BOTH, '-o', place.at('out')]);
  assert.equal(readdirSync(place.at('out')).sort(), ['linux_arm_v7', 'linux_s390x']);
  assert.is(readFileSync(place.at('out/linux_arm_v7/arch'), 'utf8'), 'arm\n');
});

test('BUILDKIT_MULTI_PLATFORM makes the same of one platform', async () => {
  const multi = ['--build-arg', 'BUILDKIT_MULTI_PLATFORM=1', '--platform', 'linux/s390x'];
  await place.build(DOCKERFILE, [...multi, '-o', place.at('one')]);
  assert.equal(readdirSync(place.at('one')), ['linux_s390x']);
});

test('an archive for docker holds no index', async () => {
  const { code, stderr } = await place.run(['build', ...BOTH, '-o', 'type=docker,dest=x.tar', '-f', '-', '.'], {
    stdin: DOCKERFILE,
  });
  assert.is(code, 1);
  assert.match(stderr, /type=docker holds images of one platform.*\n.*type=oci/);
});

test.run();
