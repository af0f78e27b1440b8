import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ALLOWED_CALLS } from '../../runner/seccomp/calls.ts';
import { CHOSEN_CALLS, EVERY_CALL, NEWEST } from './docker/calls.ts';
import { DOCKER_CALLS } from './docker/profile.ts';
import { type Compared, compare, type Facts } from './docker/run.ts';

const test = suite('a sandbox compared with a container of Docker');

/** Where ours is meant to be another than Docker's, by the names of facts. One that no fact shows is an error. */
const DIFFERENCES: readonly [facts: RegExp, reason: string][] = [
  [/^mount \/$/, 'the root is an overlay, and `nodev`: that is what keeps device nodes from being opened'],
  [/^mount \/dev$/, '`nodev` too'],
  [/^mount \/dev\/(null|zero|full|random|urandom|tty)$/, 'each is a mount of its own, as /dev is `nodev`'],
  [/^mount \/(usr|lib|lib64|facts\.pl|calls)$/, 'bind mounts are `nodev`'],
  [/^mount \/sys$/, 'read-only is the mount, and not the file system as well'],
  [/^mount \/(proc|sys)\/(?!fs\/cgroup)/, 'masks are `nosuid`, `nodev` and `noexec`, and of our own /dev/null'],
  [/^(mount|path|changing) \/sys\/fs\/cgroup/, 'no control groups are shown'],
];

/**
 * The newest call that runc's libseccomp knows; what is newer it answers with ENOSYS, whatever the profile says.
 */
function newestKnown(docker: Facts): number {
  const numbers = Array.from({ length: NEWEST + 1 }, (_, number) => NEWEST - number);
  return numbers.find((number) => docker.get(`call ${number}`) !== 'ENOSYS') ?? 0;
}

function differencesIn({ ours, docker }: Compared): string[] {
  const newest = newestKnown(docker);
  const isCompared = (name: string): boolean => {
    const number = Number(/^call (\d+)$/.exec(name)?.[1] ?? 0);
    return number <= newest || number > NEWEST;
  };
  return [...new Set([...ours.keys(), ...docker.keys()])]
    .filter((name) => isCompared(name) && ours.get(name) !== docker.get(name))
    .map((name) => `${name}: ${ours.get(name) ?? 'not there'}; Docker: ${docker.get(name) ?? 'not there'}`);
}

const DIFFERENCES_OF_ROOT: typeof DIFFERENCES = [
  [/^node /, 'no node that is made opens; Docker refuses all but the usual ones by a control group'],
  [/^call 135$/, 'personality reads 32 bits, and so do we: -1 is a query for us'],
];

/** For who has no rights: what is refused for two reasons is refused for the other one. */
const DIFFERENCES_OF_USERS: typeof DIFFERENCES = [
  [/^path \/sys\/\w+\/\w+$/, 'read-only is the mount, and modes are looked at before that'],
];

function assertAsDeclared(compared: Compared, declared: typeof DIFFERENCES): void {
  const differences = differencesIn(compared);
  const nameOf = (difference: string): string => difference.slice(0, difference.indexOf(': '));
  const undeclared = differences.filter((text) => !declared.some(([facts]) => facts.test(nameOf(text))));
  assert.equal(undeclared, []);
  const gone = declared.filter(([facts]) => !differences.some((text) => facts.test(nameOf(text))));
  assert.equal(gone, [], 'differences that are declared and gone');
}

test('the calls that pass the filter are those of Docker’s profile', () => {
  const known = new Set(ALLOWED_CALLS.map(({ name }) => name));
  // No calls of x86: `send` and `recv` are socketcall there.
  const others = new Set(['send', 'recv']);
  // What the profile names for ARM alone.
  const ofArm = ['arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls', 'sync_file_range2'];
  const docker = [...DOCKER_CALLS, ...ofArm, 'clone', 'clone3', 'personality', 'socket'].filter(
    (name) => !others.has(name),
  );
  assert.equal([...known].sort(), [...new Set(docker)].sort());
});

if (process.geteuid?.() === 0) {
  test('root sees and may do what it does with Docker, but for what is declared', async () => {
    const compared = await compare(0, [...EVERY_CALL, ...CHOSEN_CALLS]);
    assertAsDeclared(compared, [...DIFFERENCES, ...DIFFERENCES_OF_ROOT]);
    const calls = [...compared.ours.keys()].filter((name) => name.startsWith('call ')).length;
    assert.ok(calls > 600 && newestKnown(compared.docker) > 440, `${calls} calls were tried`);
  });

  test('a user without rights sees and may do what it does with Docker, but for what is declared', async () => {
    assertAsDeclared(await compare(1000, CHOSEN_CALLS), [...DIFFERENCES, ...DIFFERENCES_OF_USERS]);
  });
}

test.run();
