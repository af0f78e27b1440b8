import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needProgram } from '../house/programs.ts';
import { CASES, caseNames, expectedOf, readCase } from './cases.ts';

/**
 * Where `docker buildx bake --print` of 0.29 says something else. Each is either younger than that version, as its
 * documentation has it, or what that version gets wrong.
 */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'environment-switched-off': 'BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP is younger',
  'variable-validation': 'the function semvercmp is younger',
  'variables-from-command-line': '--var is younger',
  set: 'it loses the value of --set TARGET.network=VALUE',
  compose: 'it makes nproc=0:0 of a limit that is one number',
  'typed-variable-without-value':
    'it refuses null in args where the variable has a type, and takes it where it has none',
};

/** Files that cases name and buildx looks at; keys of ssh have to be keys. */
const FILES = ['key.pem', 'k.pem', 'a.pem', 'b.pem', 'f', 'own', 'base', 'token'];

const test = suite('bake --print beside docker buildx');

const version = spawnSync('docker', ['buildx', 'version'], { encoding: 'utf8' });
const answers = version.status === 0 && spawnSync('docker', ['version']).status === 0;
if (!answers) console.log('note: no docker engine with buildx answers: bake --print is compared with nothing');

test('each case is printed as buildx prints it, but for declared differences', async () => {
  if (!answers) return;
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-bake-'));
  const socket = join(directory, 'agent');
  const agent = createServer().listen(socket);
  try {
    execFileSync(needProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')]);
    const other = caseNames().filter((name) => !isSame(name, directory, socket));
    assert.equal(
      other.filter((name) => DIFFERENCES[name] === undefined),
      [],
    );
    console.log(
      `note: ${caseNames().length - other.length} of ${caseNames().length} cases are as in ${version.stdout.trim()}`,
    );
  } finally {
    agent.close();
    rmSync(directory, { recursive: true });
  }
});

function isSame(name: string, directory: string, socket: string): boolean {
  const { files = [], set = [], vars = {}, targets = [], env = {} } = readCase(name);
  const place = join(directory, name);
  cpSync(join(CASES, name), place, { recursive: true });
  for (const file of FILES) copyFileSync(join(directory, 'key'), join(place, file));
  const args = [
    ...files.flatMap((file) => ['-f', file]),
    ...set.flatMap((change) => ['--set', change]),
    ...Object.entries(vars).flatMap(([variable, value]) => ['--var', `${variable}=${value}`]),
    ...targets,
  ];
  const { PATH, HOME, DOCKER_HOST } = process.env;
  const given = { PATH, HOME, ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }), SSH_AUTH_SOCK: socket, ...env };
  const printed = spawnSync('docker', ['buildx', 'bake', '--print', ...args], {
    cwd: place,
    env: given,
    encoding: 'utf8',
  });
  return printed.status === 0 && sorted(JSON.parse(printed.stdout)) === sorted(JSON.parse(expectedOf(name)));
}

/** JSON in which the order of members makes no difference. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

test.run();
