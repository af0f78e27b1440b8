import type { BytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { OverlaySpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { at, type Program } from '../syscall/program.ts';
import { AT, MOUNT_ATTR, MOVE_MOUNT, MS } from './flags.ts';

/** mount(2) reads one page of options and cuts what is longer without an error. */
const MAX_OPTIONS = 4095;
/** The most that fsconfig takes as a string, with the NUL (fs/fsopen.c). */
const MAX_VALUE = 256;

const FSCONFIG = { setFlag: 0, setString: 1, create: 6 };
const CLOEXEC = 1;

/**
 * Features that let a layer refer to the layers below: an upper directory must mean the same on any parent, and what
 * an image says about redirections is not followed. (`redirect_dir=off` would follow, and excludes `userxattr`.)
 */
const FEATURES: readonly [string, string][] = [
  ['redirect_dir', 'nofollow'],
  ['metacopy', 'off'],
  ['index', 'off'],
  ['xino', 'off'],
];

/**
 * Mounts the overlay over its own upper directory and makes it the working directory. `nodev`, because without a
 * device cgroup nothing else stops a device node that a build made from being opened.
 * @param flags `nodev`, or 0 for a sandbox that may use devices
 */
export function mountOverlay(program: Program, spec: OverlaySpec, flags = MS.nodev): void {
  checkNames(spec);
  const what = `mount overlay of ${spec.lower.length} layers in ${spec.directory}`;
  program.call(SYS.chdir, [program.string(spec.directory)], { what: `chdir ${spec.directory}` });
  const options = mountOptions(spec);
  if (options.length <= MAX_OPTIONS) {
    const args = [program.string('overlay'), program.string(spec.upper), program.string('overlay')];
    program.call(SYS.mount, [...args, flags, program.string(options)], { what });
  } else {
    mountLayerByLayer(program, spec, what, flags);
  }
  program.call(SYS.chdir, [program.string(spec.upper)], { what: 'enter the overlay' });
}

function mountOptions(spec: OverlaySpec): string {
  const options = [['lowerdir', spec.lower.join(':')], ['upperdir', spec.upper], ['workdir', spec.work], ...FEATURES];
  return [...options.map((option) => option.join('=')), ...flagsOf(spec)].join(',');
}

function flagsOf(spec: OverlaySpec): string[] {
  return [...(spec.userxattr ? ['userxattr'] : []), ...(spec.volatile ? ['volatile'] : [])];
}

/** Each layer as a parameter of its own: Linux 6.8. */
function mountLayerByLayer(program: Program, spec: OverlaySpec, what: string, flags: number): void {
  const context = program.reserve(8);
  const mount = program.reserve(8);
  program.call(SYS.fsopen, [program.string('overlay'), CLOEXEC], { what: 'fsopen overlay', store: context });
  const configure = (command: number, key: string, value?: string) => {
    const args = [at(context), command, program.string(key), value === undefined ? 0 : program.string(value), 0];
    program.call(SYS.fsconfig, args, { what: `${what}: ${key}${value === undefined ? '' : ` ${value}`}` });
  };
  for (const layer of spec.lower) configure(FSCONFIG.setString, 'lowerdir+', layer);
  configure(FSCONFIG.setString, 'upperdir', spec.upper);
  configure(FSCONFIG.setString, 'workdir', spec.work);
  for (const [key, value] of FEATURES) configure(FSCONFIG.setString, key, value);
  for (const flag of flagsOf(spec)) configure(FSCONFIG.setFlag, flag);
  program.call(SYS.fsconfig, [at(context), FSCONFIG.create, 0, 0, 0], { what });
  program.call(SYS.fsmount, [at(context), CLOEXEC, flags === 0 ? 0 : MOUNT_ATTR.nodev], {
    what: 'fsmount overlay',
    store: mount,
  });
  const [empty, target] = [program.string(''), program.string(spec.upper)];
  program.call(SYS.move_mount, [at(mount), empty, AT.fdcwd, target, MOVE_MOUNT.fromEmptyPath], { what });
}

function checkNames(spec: OverlaySpec): void {
  for (const path of [...spec.lower, spec.upper, spec.work]) {
    if (isPlain(path)) continue;
    throw new TsbuildError(
      'INVALID',
      `a layer directory with a name that overlay cannot take: ${JSON.stringify(path)}`,
    );
  }
}

function isPlain(path: BytePath): boolean {
  return path !== '' && path.length < MAX_VALUE && !/[,:\\\0]/.test(path);
}
