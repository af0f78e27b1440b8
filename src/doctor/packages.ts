import { findProgram } from '../base/find-program.ts';

/** Package managers with their command, and the packages that are called otherwise than with Debian. */
const MANAGERS: readonly { program: string; install: string; names: Readonly<Record<string, string>> }[] = [
  { program: 'apt-get', install: 'apt-get install -y', names: {} },
  { program: 'dnf', install: 'dnf install -y', names: { uidmap: 'shadow-utils', 'xz-utils': 'xz' } },
  { program: 'apk', install: 'apk add', names: { uidmap: 'shadow-uidmap', 'xz-utils': 'xz' } },
  { program: 'zypper', install: 'zypper install -y', names: { uidmap: 'shadow', 'xz-utils': 'xz' } },
  { program: 'pacman', install: 'pacman -S --noconfirm', names: { uidmap: 'shadow', 'xz-utils': 'xz' } },
];

/** The command that installs a package, given by its Debian name, with this machine's package manager. */
export function installCommand(name: string, uid: number, find: (program: string) => unknown = findProgram): string {
  const manager = MANAGERS.find(({ program }) => find(program) !== undefined);
  if (manager === undefined) return `install the package ${name}`;
  return asRoot(`${manager.install} ${manager.names[name] ?? name}`, uid);
}

export function asRoot(command: string, uid: number): string {
  return uid === 0 ? command : `sudo ${command}`;
}
