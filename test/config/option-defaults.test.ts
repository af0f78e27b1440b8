import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { optionDefaults } from '../../src/config/option-defaults.ts';
import { SETTINGS } from '../../src/config/option-table.ts';

const test = suite('defaults of options in files');

let place: string;
test.before.each(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'tsbuild-config-')));
  mkdirSync(join(place, 'project/.git'), { recursive: true });
  mkdirSync(join(place, 'project/sub'));
  writeFileSync(join(place, 'user.yaml'), '');
});
test.after.each(() => rmSync(place, { recursive: true }));

interface Files {
  project?: string;
  user?: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** `section option value`, and an error as `LINE: message (hint)`. */
async function read({ project, user, env = {}, cwd = 'project/sub' }: Files): Promise<string[] | string> {
  if (project !== undefined) writeFileSync(join(place, 'project/tsbuild.yaml'), project);
  if (user !== undefined) writeFileSync(join(place, 'user.yaml'), user.replaceAll('PLACE', place));
  try {
    const environment = { TSBUILD_CONFIG: join(place, 'user.yaml'), HOME: place, ...env };
    const { defaults } = await optionDefaults({ env: environment, cwd: join(place, cwd) });
    return defaults.map(({ section, option, value, from }) => `${section} ${option} ${value} (${from})`);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return `${error.location?.start.line}: ${error.message} (${error.hint})`;
  }
}

const VALUES: [files: Files, ...expected: string[]][] = [
  [{}],
  [{ project: '' }],
  [{ project: 'build:\nrun: {}' }],
  [{ project: 'build: {target: a, pull: true}' }, 'build target a (project)', 'build pull true (project)'],
  [{ project: 'build: {platform: [linux/amd64, linux/arm64]}' }, 'build platform linux/amd64,linux/arm64 (project)'],
  [{ project: 'build: {platform: linux/arm64}' }, 'build platform linux/arm64 (project)'],
  [
    { project: 'build: {build-arg: {V: 1.10, W: 022}}' },
    'build build-arg V=1.10 (project)',
    'build build-arg W=022 (project)',
  ],
  [
    { project: 'build: {shm-size: &a 64m}\nrun: {shm-size: *a}' },
    'build shm-size 64m (project)',
    'run shm-size 64m (project)',
  ],
  [{ project: 'build: {network: none}' }, 'build network none (project)'],
  // the project's before the user's, name by name, and the environment before both
  [
    { user: 'build: {target: u, jobs: 3}', project: 'build: {target: p}' },
    'build target p (project)',
    'build jobs 3 (user)',
  ],
  [
    { user: 'build: {build-arg: [A=u, TOKEN, B=u]}', project: 'build: {build-arg: [B=p]}' },
    ...['build build-arg A=u (user)', 'build build-arg TOKEN (user)', 'build build-arg B=p (project)'],
  ],
  [
    { user: 'build: {runtime: runc}', project: 'bake: {progress: tty}', env: { TSBUILD_RUNTIME: 'crun' } },
    ...['build runtime crun (environment)', 'bake progress tty (project)', 'bake runtime crun (environment)'],
  ],
  [
    { user: 'build: {allow: network.host, cache-to: "type=inline"}\nnetwork: none' },
    'build allow network.host (user)',
    'build cache-to type=inline (user)',
  ],
  // where the user trusts the project
  [{ user: 'trust: [PLACE/project]', project: 'run: {memory: 1g}' }, 'run memory 1g (project)'],
  [{ user: 'trust: ["~/project"]', project: 'build: {network: host}' }, 'build network host (project)'],
  // another file, or none
  [{ project: 'run: {init: true}', env: { TSBUILD_PROJECT_CONFIG: '' } }],
  [{ project: 'run: {init: true}', env: { TSBUILD_PROJECT_CONFIG: '../tsbuild.yaml' } }, 'run init true (project)'],
  // above the repository nobody looks, and outside of one only where we are
  [{ project: 'run: {init: true}', cwd: '.' }],
];

for (const [files, ...expected] of VALUES) {
  test(JSON.stringify(files), async () => assert.equal(await read(files), expected));
}

const NOT_A_PROJECTS = 'not for the file of a project to say';

const ERRORS: [files: Files, ...said: string[]][] = [
  [{ project: 'build:\n  taget: a' }, '2: unknown option taget of build', 'did you mean target?'],
  [{ project: 'biuld: {}' }, '1: unknown section biuld', 'did you mean build?'],
  [{ user: 'regstries: {}' }, '1: unknown section regstries', 'did you mean registries?'],
  [{ project: '- build' }, '1: the file is not a map of sections'],
  [{ project: 'build:\n  - target' }, '2: build is not a map of options'],
  [{ project: 'build: {target: a' }, 'this is not YAML'],
  [{ project: 'build:\n  target: a\n  target: b' }, '3: this is not YAML', 'unique'],
  [{ project: 'build:\n  pull: yes' }, '2: pull is not true or false'],
  [{ project: 'build:\n  target: [a]' }, '2: target is not a text'],
  [{ project: 'build:\n  target:' }, '2: target is not a text'],
  [{ project: 'build:\n  platform:\n    - {a: 1}' }, '3: platform is not a text or a list of texts'],
  [{ project: 'build:\n  build-arg:\n    A: [1]' }, '3: build-arg is not a text at A'],
  [{ project: 'build:\n  progress: fancy' }, '2: progress is not one of auto, tty, plain, quiet, rawjson'],
  [{ project: 'build:\n  secret: id=a' }, '2: no file sets secret', 'write --secret on the command line'],
  [{ user: 'build: {push: true}' }, '1: no file sets push', 'write --push on the command line'],
  [{ project: 'root: /x' }, '1: unknown section root', 'write --root on the command line'],
  [{ project: '', user: 'trust: [src]' }, '1: trust is not a list of absolute directories'],
  ...[
    'registries: {a.test: {insecure: true}}',
    'limits: {ratio: 1000}',
    'network: host',
    'trust: [/]',
    'build: {allow: [network.host]}',
    'bake: {allow: [security.insecure]}',
    'build: {network: host}',
    'run: {network: default}',
    'build: {runtime: ./evil}',
    'build: {cache-from: [registry.example.com/a]}',
    'build: {cache-to: ["type=local,dest=/etc"]}',
    'run: {memory: 64g}',
    'build: {ulimit: [nofile=9]}',
    'bake: {locked: false}',
    'run: {read-only: false}',
    'build: {build-arg: [TOKEN]}',
  ].map((project): [Files, ...string[]] => [
    { project, user: 'trust: [PLACE/proj, PLACE/project/sub]' },
    NOT_A_PROJECTS,
    '/user.yaml',
  ]),
  [{ project: 'registries: {}', user: 'trust: [PLACE]' }, `registries is ${NOT_A_PROJECTS}`],
  [{ project: 'build: {lock-file: ../../x}' }, '1: lock-file is not a path below the directory'],
];

for (const [files, ...said] of ERRORS) {
  test(`refuses ${JSON.stringify(files)}`, async () => {
    const found = await read(files);
    assert.type(found, 'string');
    assert.equal(
      said.filter((words) => !found.includes(words)),
      [],
      String(found),
    );
  });
}

if (process.geteuid?.() === 0) {
  test('the file of another user is not read, but below sudo that of who called it, and nobody looks above his directory', async () => {
    writeFileSync(join(place, 'project/tsbuild.yaml'), 'run: {init: true}');
    const look = async (env: Record<string, string>, directory: string) => {
      const settings = { TSBUILD_CONFIG: join(place, 'user.yaml'), ...env };
      const { defaults, project } = await optionDefaults({ env: settings, cwd: join(place, directory) });
      return [defaults.length, project?.refused];
    };
    chownSync(join(place, 'project/tsbuild.yaml'), 1, 1);
    assert.equal(await look({}, 'project/sub'), [0, 'it is the file of another user']);
    assert.equal(await look({ SUDO_UID: '1' }, 'project/sub'), [1, undefined]);
    chownSync(join(place, 'project'), 1, 1);
    assert.equal(await look({}, 'project/sub'), [0, undefined]);
    assert.equal(await look({ SUDO_UID: '1' }, 'project/sub'), [1, undefined]);
  });
}

test('the page of settings names every option', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const missing = Object.values(SETTINGS)
    .flatMap(Object.keys)
    .filter((option) => !page.includes(`\`${option}\``));
  assert.equal(missing, []);
});

test('a file that is a link is not read, for what it names may be no settings', async () => {
  symlinkSync('/etc/hostname', join(place, 'project/tsbuild.yaml'));
  const { defaults, project } = await optionDefaults({
    env: { TSBUILD_CONFIG: join(place, 'user.yaml') },
    cwd: join(place, 'project'),
  });
  assert.equal([defaults, project?.refused], [[], 'it is not a regular file']);
});

test.run();
