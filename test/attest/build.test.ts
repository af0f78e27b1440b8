import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { needProgram } from '../house/programs.ts';
import { gitScript, startGitServer } from '../support/git-server.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('attestations of builds');

const SECRET = 'value-that-nobody-may-see';
const DOCKERFILE = `FROM busybox AS base
ARG V=1
COPY f /f
FROM base
RUN --network=none --mount=type=secret,id=tok cat /f /run/secrets/tok > /dev/null && echo $V > /g
COPY status /var/lib/dpkg/status.d/hello
`;
const EPOCH = { SOURCE_DATE_EPOCH: '1700000000' };

// biome-ignore lint/suspicious/noExplicitAny: documents of JSON, whose fields the test is about
type Document = any;

let registry: TestRegistry;
let place: Workplace;

test.before(async () => {
  registry = await startRegistry();
  place = await Workplace.withBusybox();
  place.write('context/Dockerfile', DOCKERFILE);
  place.write('context/f', 'x');
  place.write('context/status', 'Package: hello\nVersion: 2.10-3\nArchitecture: all\n');
  place.write('context/scratch.Dockerfile', 'FROM scratch\nCOPY f /provenance.json\n');
  place.write('tok', SECRET);
});

test.after(async () => {
  await registry.stop();
  place.remove();
});

async function built(args: readonly string[], at = place, env: Record<string, string> = {}): Promise<string> {
  const options = ['--secret', `id=tok,src=${place.at('tok')}`, '--build-arg', 'V=private', '--label', 'l=private'];
  return at.ok(['build', '-q', ...options, ...args, place.at('context')], { env });
}

/** A document or blob of the registry, as it serves it. */
async function served(name: string, kind: 'manifests' | 'blobs', what: string): Promise<Document> {
  const accept = ['index', 'manifest'].map((type) => `application/vnd.oci.image.${type}.v1+json`).join(', ');
  const answer = await fetch(`http://${registry.host}/v2/${name}/${kind}/${what}`, { headers: { accept } });
  assert.is(answer.status, 200, `${kind} ${what}`);
  return JSON.parse(await answer.text());
}

/** What the registry has of a name: the entries of its index, and the statements about each image. */
async function attestedIn(name: string): Promise<{ images: Document[]; about: Document[]; statements: Document[][] }> {
  const { manifests, mediaType } = await served(name, 'manifests', 'latest');
  assert.is(mediaType, 'application/vnd.oci.image.index.v1+json');
  const images = manifests.filter(({ platform }: Document) => platform.os !== 'unknown');
  const about = manifests.slice(images.length);
  const statements = about.map(async ({ digest }: Document) => {
    const { layers, config } = await served(name, 'manifests', digest);
    const { architecture, os, config: empty, rootfs } = await served(name, 'blobs', config.digest);
    assert.equal([architecture, os, empty], ['unknown', 'unknown', {}]);
    assert.equal(rootfs, { type: 'layers', diff_ids: layers.map((layer: Document) => layer.digest) });
    return Promise.all(
      layers.map(async (layer: Document) => {
        const statement = await served(name, 'blobs', layer.digest);
        assert.is(layer.mediaType, 'application/vnd.in-toto+json');
        assert.equal(layer.annotations, { 'in-toto.io/predicate-type': statement.predicateType });
        return statement;
      }),
    );
  });
  return { images, about, statements: await Promise.all(statements) };
}

test('a push has them in its index, about what it pushed, in the form in which docker has them', async () => {
  const [name, second] = [`${registry.host}/app`, `${registry.host}/other:2`];
  const printed = await built(['--provenance=mode=max', '--sbom', '-t', name, '-t', second, '--push']);
  const { images, about, statements } = await attestedIn('app');
  const [{ digest, platform, annotations }] = images;
  const { architecture, os } = platform;
  assert.equal([images.length, annotations], [1, undefined]);
  assert.equal(about[0].platform, { architecture: 'unknown', os: 'unknown' });
  assert.equal(about[0].annotations, {
    'vnd.docker.reference.digest': digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  });
  const { layers } = await served('app', 'manifests', digest);
  assert.ok(layers.every(({ mediaType }: Document) => mediaType.endsWith('+gzip')));
  const [[sbom, provenance]] = statements as [Document[]];
  const qualifier = `platform=${os}%2F${architecture}`;
  const sha256 = digest.slice('sha256:'.length);
  for (const { _type, subject } of [sbom, provenance]) {
    assert.is(_type, 'https://in-toto.io/Statement/v0.1');
    assert.equal(subject, [
      { name: `pkg:docker/${name}@latest?${qualifier}`, digest: { sha256 } },
      { name: `pkg:docker/${registry.host}/other@2?${qualifier}`, digest: { sha256 } },
    ]);
  }
  assert.is(sbom.predicateType, 'https://spdx.dev/Document');
  assert.match(JSON.stringify(sbom.predicate), 'pkg:deb/debian/hello@2.10-3?arch=all');
  requireProvenance(provenance, { qualifier, isWhole: true });
  assert.not.match(JSON.stringify(statements), SECRET);
  const [{ Id }] = JSON.parse(await place.ok(['inspect', second]));
  assert.is(printed, Id);
});

function requireProvenance(statement: Document, { qualifier, isWhole }: { qualifier: string; isWhole: boolean }): void {
  const { buildDefinition, runDetails } = statement.predicate;
  const { configSource, request } = buildDefinition.externalParameters;
  assert.is(statement.predicateType, 'https://slsa.dev/provenance/v1');
  assert.match(buildDefinition.buildType, /^https:\/\/github.com\/moby\/buildkit\/.*slsa-definitions\.md$/);
  assert.equal(configSource, { path: 'Dockerfile' });
  assert.equal([request.frontend, request.locals], ['dockerfile.v0', [{ name: 'context' }, { name: 'dockerfile' }]]);
  assert.equal(request.args, isWhole ? { 'build-arg:V': 'private', 'label:l': 'private' } : undefined);
  assert.equal(request.secrets, isWhole ? [{ id: 'tok', optional: true }] : undefined);
  const [base, ...more] = buildDefinition.resolvedDependencies;
  assert.equal([base.uri, more], [`pkg:docker/busybox@latest?${qualifier}`, []]);
  assert.match(base.digest.sha256, /^[0-9a-f]{64}$/);
  const { buildkit_metadata: metadata, buildkit_completeness: completeness, ...times } = runDetails.metadata;
  assert.equal(completeness, { request: isWhole, resolvedDependencies: false });
  assert.ok(times.startedOn <= times.finishedOn);
  const steps = buildDefinition.internalParameters.buildConfig?.llbDefinition;
  if (!isWhole) {
    assert.equal([metadata, steps], [{}, undefined]);
    return;
  }
  const kinds = steps.map(({ op, inputs = [] }: Document) => `${Object.keys(op.Op)[0]} ${inputs.join()}`);
  assert.equal(kinds, ['source ', 'source ', 'file step0:0,step1:0', 'exec step2:0', 'file step3:0,step1:0']);
  assert.is(Buffer.from(metadata.source.infos[0].data, 'base64').toString(), DOCKERFILE);
  assert.is(metadata.source.locations.step3.locations[0].ranges[0].start.line, 5);
}

test('several platforms have one each; mode=min says nothing that may be private; version=v0.2 is the older form', async () => {
  const platforms = ['--platform', 'linux/amd64,linux/arm64'];
  const file = ['-f', place.at('context/scratch.Dockerfile')];
  await built([
    ...file,
    ...platforms,
    '--attest',
    'type=provenance,version=v0.2',
    '-t',
    `${registry.host}/multi`,
    '--push',
  ]);
  const { images, about, statements } = await attestedIn('multi');
  const referred = about.map(({ annotations }) => annotations['vnd.docker.reference.digest']);
  assert.equal(
    images.map(({ digest }) => digest),
    referred,
  );
  for (const [index, [{ predicateType, predicate, subject }]] of (statements as [Document][]).entries()) {
    assert.is(predicateType, 'https://slsa.dev/provenance/v0.2');
    assert.is(`sha256:${subject[0].digest.sha256}`, images[index].digest);
    assert.equal(predicate.invocation.parameters.args, { platform: 'linux/amd64,linux/arm64' });
    assert.not.match(JSON.stringify(predicate), 'private');
  }
  await built(['--provenance', '-t', `${registry.host}/min`, '--push']);
  const {
    images: [image],
    statements: [[statement]],
  } = (await attestedIn('min')) as Document;
  requireProvenance(statement, { qualifier: `platform=linux%2F${image.platform.architecture}`, isWhole: false });
});

test('other stores pull, run, build on, save and load such an image as any other', async () => {
  const name = `${registry.host}/app`;
  const other = new Workplace();
  try {
    const {
      images: [{ digest }],
    } = (await attestedIn('app')) as Document;
    assert.is(await other.ok(['pull', '-q', name]), digest);
    assert.is(await other.ok(['run', '--rm', name, 'cat', '/g']), 'private');
    await other.build(`FROM ${name}\nRUN test -f /g\n`);
    await other.ok(['rmi', name]);
    const file = other.write('on.Dockerfile', `FROM ${name}\nCOPY f /h\n`);
    await built(['-f', file, '--provenance=mode=max', '-t', 'on', '-o', `type=oci,dest=${other.at('on.tar')}`], other);
    const id = await other.ok(['load', '-q', '-i', other.at('on.tar')]);
    assert.is(id, JSON.parse(await other.ok(['inspect', 'on']))[0].Id);
    await other.ok(['save', '--format', 'docker', '-o', other.at('on.docker.tar'), 'on']);
    const archive = spawnSync('tar', ['-xOf', other.at('on.docker.tar'), 'manifest.json'], { encoding: 'utf8' });
    assert.equal(JSON.parse(archive.stdout).length, 1);
    const skopeo = [
      'copy',
      '--insecure-policy',
      '--src-tls-verify=false',
      `docker://${name}`,
      `dir:${other.at('dir')}`,
    ];
    assert.is(spawnSync(needProgram('skopeo'), skopeo).status, 0);
  } finally {
    other.remove();
  }
});

test('files have theirs beside them, which are about each file', async () => {
  const file = ['-f', place.at('context/scratch.Dockerfile')];
  const asked = ['--provenance', '--sbom=true'];
  await built([
    ...file,
    ...asked,
    '--platform',
    'linux/amd64,linux/arm64',
    '-o',
    `type=local,mode=delete,dest=${place.at('out')}`,
  ]);
  assert.equal(readdirSync(place.at('out')).sort(), ['linux_amd64', 'linux_arm64']);
  assert.equal(readdirSync(place.at('out/linux_arm64')).sort(), ['provenance.json', 'sbom.spdx.json']);
  const { subject, predicateType } = JSON.parse(readFileSync(place.at('out/linux_arm64/sbom.spdx.json'), 'utf8'));
  const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
  assert.equal(
    [subject, predicateType],
    [[{ name: 'provenance.json', digest: { sha256 } }], 'https://spdx.dev/Document'],
  );
  await built([...file, ...asked, '-o', `type=tar,dest=${place.at('out.tar')}`]);
  const { stdout } = spawnSync('tar', ['-tf', place.at('out.tar')], { encoding: 'utf8' });
  assert.equal(stdout.trim().split('\n').sort(), ['provenance.json', 'sbom.spdx.json']);
});

test('with SOURCE_DATE_EPOCH two stores make the same index', async () => {
  const other = await Workplace.withBusybox();
  try {
    const args = ['--provenance=mode=max', '--sbom', '-t', 'same'];
    assert.is(
      await built(args, other, EPOCH),
      await built([...args, '--no-cache'], place, EPOCH).then(() => built(args, place, EPOCH)),
    );
  } finally {
    other.remove();
  }
});

test('a repository is where the build file is from, and what was fetched is tracked', async () => {
  const directory = place.at('git');
  mkdirSync(directory);
  const files = 'printf "FROM scratch\\nCOPY f /\\n" > Dockerfile; echo x > f; git add .; git commit -qm 1';
  const sha1 = gitScript(directory, 'repo', files);
  const server = await startGitServer(directory);
  try {
    const uri = `${server.url}/repo.git#main`;
    await place.ok(['build', '-q', '--provenance=mode=max', '-o', place.at('from-git'), uri]);
    const { predicate } = JSON.parse(readFileSync(place.at('from-git/provenance.json'), 'utf8'));
    const { buildDefinition, runDetails } = predicate;
    const { configSource, request } = buildDefinition.externalParameters;
    assert.equal(
      [configSource, request],
      [{ uri, digest: { sha1 }, path: 'Dockerfile' }, { frontend: 'dockerfile.v0' }],
    );
    assert.equal(buildDefinition.resolvedDependencies, [{ uri, digest: { sha1 } }]);
    assert.equal(runDetails.metadata.buildkit_completeness, { request: true, resolvedDependencies: true });
    assert.is(runDetails.metadata.buildkit_hermetic, true);
  } finally {
    await server.stop();
  }
});

test('bake takes attest, --provenance and --sbom, and none by default', async () => {
  const file = place.write(
    'docker-bake.hcl',
    `target "default" {\n  context = "context"\n  dockerfile = "scratch.Dockerfile"\n  tags = ["${registry.host}/baked"]\n  attest = ["type=sbom"]\n}\n`,
  );
  await place.ok(['bake', '-f', file, '--provenance', '--push']);
  const {
    statements: [baked],
  } = (await attestedIn('baked')) as Document;
  assert.equal(
    baked.map(({ predicateType }: Document) => predicateType),
    ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'],
  );
  await place.ok(['bake', '-f', file, '--sbom=false', '--push']);
  assert.is((await served('baked', 'manifests', 'latest')).mediaType, 'application/vnd.oci.image.manifest.v1+json');
});

/** What is refused before anything is built. */
const REFUSED: [args: string[], message: RegExp][] = [
  [['--provenance', '-o', 'type=docker,dest=x.tar'], /type=docker holds no index.*\nhint: use -o type=oci/],
  [['--sbom', '-o', 'type=oci,dest=x.tar,oci-mediatypes=false'], /attestations need oci-mediatypes=true/],
  [['--provenance=mode=most'], /mode is min or max, not "most"/],
  [['--provenance=version=v2'], /version is v1 or v0.2/],
  [['--sbom=generator=image'], /generator is not a field of sbom.*\nhint: .*without a scanner/],
  [['--attest', 'type=vsa'], /there is no attestation vsa/],
];

test('what cannot be attested is said at once', async () => {
  for (const [args, message] of REFUSED) {
    const { code, stderr } = await place.run(['build', ...args, place.at('context')]);
    assert.ok(code === 1 || code === 2, args.join(' '));
    assert.match(stderr, message);
  }
});

test.run();
