import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import packageJson from '../../package.json' with { type: 'json' };
import { Workplace } from '../support/workplace.ts';

const test = suite('the command line');

let place: Workplace;

test.before(() => {
  place = new Workplace();
});

test.after(() => place.remove());

const LISTS = (name: string) => `\`${name} --help\` lists what there is`;

const ERRORS: [args: string, code: number, message: string, hint: string][] = [
  ['build --taget x .', 2, 'unknown option --taget', 'did you mean --target?'],
  ['--no-cach .', 2, 'unknown option --no-cach', 'did you mean --no-cache?'],
  ['images --jsn', 2, 'unknown option --jsn', 'did you mean --json?'],
  ['-qx .', 2, 'unknown option -x', LISTS('tsbuild')],
  ['run --wrkdir / x', 125, 'unknown option --wrkdir', 'did you mean --workdir?'],
  ['--root r run --wrkdir / x', 125, 'unknown option --wrkdir', 'did you mean --workdir?'],
  ['--root=r run --rm 127.0.0.1:9/none sh -c true', 125, 'image 127.0.0.1:9/none:latest is not in the store', ''],
  ['--squash .', 2, '--squash is an option of docker that this version of tsbuild does not have', ''],
  ['build --builder=x .', 2, '--builder is an option of docker', 'leave it out'],
  ['--secret src=x .', 2, '--secret src=x: the field id is missing', 'write id=NAME,src=FILE'],
  ['--secret id=x,scr=y .', 2, '--secret id=x,scr=y: unknown field "scr"', 'did you mean src?'],
  ['--secret id=x,type=vault .', 2, '--secret id=x,type=vault: unknown type "vault"', 'type=file or type=env'],
  ['--secret id=x,src=/no/such .', 1, '/no/such does not exist', ''],
  ['--ssh default .', 2, '--ssh default: there is no agent: SSH_AUTH_SOCK is not set', 'ssh-agent'],
  ['--network=bridge .', 2, '--network bridge: it is not known', 'use one of default, none, host'],
  ['--allow=network.hots .', 2, '--allow network.hots: it is not known', 'did you mean network.host?'],
  ['--add-host=db .', 2, '--add-host db: it is no NAME:ADDRESS', 'db.test:192.0.2.7'],
  ['--add-host=h:host-gateway .', 2, 'the network of the steps has no way to the host', '--network=host'],
  ['--shm-size=big .', 2, '--shm-size big: it is no size', '64m'],
  ['--ulimit=nofiles=1 .', 2, '--ulimit nofiles: it is not known', 'did you mean nofile?'],
  ['--ulimit=nofile=2:1 .', 2, 'the soft limit is above the hard one', ''],
  ['-m 0 .', 2, '--memory 0: it is no size', ''],
  ['-m 2m --memory-swap 1m .', 2, '--memory-swap 1m: it is memory and swap together', ''],
  ['--cpu-quota 10 .', 2, '--cpu-quota 10: it is not a whole number of 1000 or more', ''],
  ['--cpuset-cpus a .', 2, '--cpuset-cpus a: it is no list of numbers', '0-2,4'],
  ['--pids-limit 0 .', 2, '--pids-limit 0: it is not a whole number from 1', ''],
  ['--ssh =x .', 2, '--ssh =x: it has no id', '--ssh default'],
  ['--ssh default=/no/such .', 1, '/no/such does not exist', ''],
  ['--ssh default=/etc/hostname .', 1, '/etc/hostname is no private key', 'ssh-add'],
  ['run --gpus all x', 125, '--gpus is an option of docker', 'lists what there is'],
  ['run --device /dev/x x', 125, '--device is an option of docker', '--privileged'],
  ['images --load', 2, 'unknown option --load', LISTS('tsbuild images')],
  ['imgaes', 2, 'imgaes is neither a command nor a directory', 'did you mean images?'],
  ['biuld .', 2, 'biuld is neither a command nor a directory', 'did you mean build?'],
  ['. extra', 2, 'one argument too many: extra', LISTS('tsbuild')],
  ['images extra', 2, 'one argument too many: extra', LISTS('tsbuild images')],
  ['tag a', 2, 'an argument is missing', 'usage: tsbuild tag <source> <target>'],
  ['push', 2, 'an argument is missing', 'usage: tsbuild push <image>'],
  ['. -t', 2, '-t needs a value', LISTS('tsbuild')],
  ['--progress=fancy .', 2, '--progress cannot be "fancy"', 'use one of auto, tty, plain, quiet, rawjson'],
  ['builds frob', 2, 'action cannot be "frob"', 'use one of ls, logs, rm'],
  ['affected', 2, '--since is missing', LISTS('tsbuild affected')],
  ['--jobs 0 .', 2, '--jobs 0 is not a number of 1 or more', ''],
  ['--build-arg =1 .', 2, '--build-arg =1 has no name', ''],
  ['--label =1 .', 2, '--label =1 has no name', ''],
  ['--push .', 2, 'a push needs a name', 'name the image with -t REGISTRY/NAME:TAG'],
  ['-o type=tra .', 2, '--output type=tra: unknown type "tra"', 'did you mean tar?'],
  ['build', 2, 'a build needs the directory to build from', '`tsbuild .` builds the working directory'],
  ['-', 1, 'standard input is empty', 'give a tar archive, or a build file'],
  ['https://localhost:9/a.git', 1, 'cannot read git repository https://localhost:9/a.git', 'check host and port'],
  ['no/such/place', 1, 'build context no/such/place does not exist', 'give the directory'],
  ['-t UPPER .', 1, 'UPPER', 'write it as "upper"'],
  ['-t U//P .', 1, 'U//P', ''],
  ['-t a@sha256:00 .', 1, 'a@sha256:00', ''],
  ['inspect nope', 1, 'image nope', ''],
  ['rmi nope', 1, 'image nope', ''],
  ['load -i /no/such/file', 1, 'archive /no/such/file does not exist', ''],
  ['load -i /', 1, '/ is a directory, and no archive', 'tsbuild import /'],
  ['import /no/such/file', 1, '/no/such/file does not exist', ''],
];

for (const [args, code, message, hint] of ERRORS) {
  test(`tsbuild ${args} ends with ${code}`, async () => {
    const outcome = await place.run(args.split(' '));
    assert.is(outcome.code, code, outcome.stderr);
    const [error, hinted = ''] = outcome.stderr.split('\n').slice(outcome.stderr.startsWith('#') ? -3 : 0);
    assert.ok(error?.startsWith('ERROR: ') && error.includes(message), outcome.stderr);
    assert.ok(hinted.includes(hint), outcome.stderr);
    assert.not.match(outcome.stderr, /^ +at /m, 'no stack for what is not a defect');
    assert.is(outcome.stdout, '');
  });
}

test('without arguments it shows the help and ends with 0, as docker does', async () => {
  const { code, stdout, stderr } = await place.run([]);
  assert.equal([code, stderr], [0, '']);
  assert.is(stdout, (await place.run(['--help'])).stdout);
  for (const word of ['build', 'run', 'images', 'push', 'Usage: tsbuild [build] [OPTIONS] PATH']) {
    assert.ok(stdout.includes(word), word);
  }
});

test('--version and version say the version', async () => {
  assert.is(await place.ok(['--version']), `tsbuild ${packageJson.version}`);
  assert.match(await place.ok(['version']), new RegExp(`^tsbuild +${packageJson.version}$`, 'm'));
  const { tsbuild, node } = JSON.parse(await place.ok(['version', '--json']));
  assert.equal([tsbuild, node], [packageJson.version, process.versions.node]);
});

for (const command of ['', 'build', 'run', 'images', 'save', 'import', 'prune']) {
  test(`tsbuild ${command} --help fits a terminal of 80 columns`, async () => {
    const inTerminal = 'script -qec "stty cols 80; $* </dev/null" /dev/null';
    const args = [...(command === '' ? [] : [command]), '--help'];
    const help = await place.ok(args, { through: ['sh', '-c', inTerminal, 'sh'] });
    assert.match(help, /^ +-h, --help +Show help/m);
    for (const line of help.split(/\r?\n/)) assert.ok(line.length <= 80, line);
  });
}

for (const command of ['inspect', 'rmi', 'save']) {
  test(`tsbuild ${command} --help shows what the images are, and no default`, async () => {
    const help = await place.ok([command, '--help']);
    assert.match(help, /^ +(image|name) +Name or ID( of a container or an image)? +\[array\] \[required\]$/m);
  });
}

const TERMINAL: [env: Record<string, string>, coloured: boolean][] = [
  [{}, false],
  [{ FORCE_COLOR: '1' }, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '' }, true],
  [{ FORCE_COLOR: '0' }, false],
];

for (const [env, coloured] of TERMINAL) {
  test(`colours with ${JSON.stringify(env)}`, async () => {
    const { stderr } = await place.run(['images', '--nope'], { env });
    assert.is(stderr.includes('\x1b['), coloured);
  });
}

test('every listing command has --json, one document', async () => {
  await place.build('FROM scratch\nLABEL a=1\n', ['-t', 'app']);
  const [image] = JSON.parse(await place.ok(['images', '--json']));
  assert.is(image.name, 'docker.io/library/app:latest');
  assert.match(image.id, /^sha256:/);
  const [entry] = JSON.parse(await place.ok(['history', '--json', 'app']));
  assert.equal([entry.created_by, entry.empty_layer, entry.size], ['LABEL a=1', true, 0]);
  const [inspected] = JSON.parse(await place.ok(['inspect', 'app']));
  assert.equal([inspected.RepoTags, inspected.Config.Labels, inspected.Id], [['app:latest'], { a: '1' }, image.id]);
  for (const command of [['du'], ['prune', '--dry-run']]) JSON.parse(await place.ok([...command, '--json']));
});

test('names are given and taken; the last one takes the image with it', async () => {
  const id = await place.build('FROM scratch\nLABEL tagged=1\n', ['-t', 'one']);
  await place.ok(['tag', 'one', 'two:3']);
  assert.match((await place.run(['rmi', id])).stderr, /has several names/);
  assert.is(await place.ok(['rmi', 'one']), 'untagged: one:latest');
  const [inspected] = JSON.parse(await place.ok(['inspect', 'two:3']));
  assert.is(inspected.Id, id);
  assert.match(await place.ok(['rmi', id.slice(7, 19)]), /^untagged: two:3\ndeleted: sha256:/);
  assert.is((await place.run(['inspect', 'two:3'])).code, 1);
});

test('a name that looks like an ID is a name first', async () => {
  await place.build('FROM scratch\nLABEL hex=1\n', ['-t', 'deadbeef', '-t', 'other']);
  assert.is(await place.ok(['rmi', 'deadbeef']), 'untagged: deadbeef:latest');
  assert.match(await place.ok(['rmi', 'other']), /^untagged: other:latest\ndeleted: sha256:/);
});

test('images lists them as a table, and with -q as IDs', async () => {
  const id = await place.build('FROM scratch\nLABEL listed=1\n', ['-t', 'registry.example.org/listed:9']);
  const line = (await place.ok(['images'])).split('\n').find((row) => row.includes('listed'));
  assert.match(line ?? '', new RegExp(`^registry.example.org/listed +9 +${id.slice(7, 19)} +.* ago +0B$`));
  assert.ok((await place.ok(['images', '-q'])).split('\n').includes(id));
});

test('iidfile and metadata file', async () => {
  const id = await place.build('FROM scratch\nLABEL files=1\n', [
    ...['-t', 'meta', '--iidfile', place.at('iid'), '--metadata-file', place.at('meta.json')],
  ]);
  assert.is(readFileSync(place.at('iid'), 'utf8'), id);
  const metadata = JSON.parse(readFileSync(place.at('meta.json'), 'utf8'));
  assert.is(metadata['containerimage.config.digest'], id);
  assert.is(metadata['image.name'], 'docker.io/library/meta:latest');
  assert.is(metadata['containerimage.descriptor'].digest, metadata['containerimage.digest']);
});

test('an error in a build file from standard input says where it is from', async () => {
  const { stderr } = await place.run(['-f', '-', place.directory], { stdin: 'FORM x' });
  assert.match(stderr, /^stdin:1$/m);
});

// `true` has ended when tsbuild starts: the reader is gone before the first byte.
const CLOSED = '{ sleep 0.2; "$@"; echo "status $?" >&2; } | true';

for (const args of ['images', '--help', 'version', 'inspect empty']) {
  test(`tsbuild ${args} does not mind a reader that went away`, async () => {
    await place.build('FROM scratch\n', ['-t', 'empty']);
    const { stderr } = await place.run(args.split(' '), { through: ['sh', '-c', CLOSED, 'sh'] });
    assert.is(stderr, 'status 0\n');
  });
}

test('an archive that nobody reads to its end is a failure, without a stack', async () => {
  await place.build('FROM scratch\n', ['-t', 'empty']);
  const { stderr } = await place.run(['save', 'empty'], { through: ['sh', '-c', CLOSED, 'sh'] });
  assert.is(stderr, 'ERROR: cannot write standard output: its reader went away before the end\nstatus 1\n');
});

test.run();
