import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that tests compare with or talk to, and the Debian package of each. */
const PROGRAMS = {
  buildah: 'buildah',
  bzip2: 'bzip2',
  crun: 'crun',
  chromium: 'chromium',
  dot: 'graphviz',
  'docker-registry': 'docker-registry',
  fish: 'fish',
  git: 'git',
  'aarch64-linux-gnu-as': 'binutils-aarch64-linux-gnu',
  mount: 'mount',
  nginx: 'nginx',
  newuidmap: 'uidmap',
  ip: 'iproute2',
  openssl: 'openssl',
  pasta: 'passt',
  perl: 'perl-base',
  podman: 'podman',
  readelf: 'binutils',
  rpmbuild: 'rpm',
  runc: 'runc',
  skopeo: 'skopeo',
  slirp4netns: 'slirp4netns',
  'qemu-aarch64-static': 'qemu-user-static',
  'qemu-x86_64-static': 'qemu-user-static',
  'ssh-keygen': 'openssh-client',
  strace: 'strace',
  umoci: 'umoci',
  xz: 'xz-utils',
  zsh: 'zsh',
  zstd: 'zstd',
} as const;

export type Program = keyof typeof PROGRAMS;

/** Where administrators' programs live, which a plain user's PATH may leave out. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function findProgram(name: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return [...directories, ...SYSTEM_DIRECTORIES].map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function missingPrograms(): Program[] {
  return (Object.keys(PROGRAMS) as Program[]).filter((name) => findProgram(name) === undefined);
}

/** The one command that installs what is missing. */
export function installCommand(missing: readonly Program[]): string {
  return `apt-get install --yes --no-install-recommends ${packagesOf(missing).join(' ')}`;
}

export function packagesOf(programs: readonly Program[]): string[] {
  return [...new Set(programs.map((name) => PROGRAMS[name]))].sort();
}

/** The path of a program that a test cannot do without; a test never passes because it is absent. */
export function needProgram(name: Program): string {
  const path = findProgram(name);
  if (path !== undefined) return path;
  throw new Error(`this test needs ${name}: run \`${installCommand([name])}\` as root`);
}
