import { posix } from 'node:path';
import type { BytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { BindMount, SandboxSpec, TmpfsMount } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { at, type Program } from '../syscall/program.ts';
import { mountRoot } from './copied-root.ts';
import { AT, MOUNT_ATTR, MS } from './flags.ts';
import { type OpenFile, openFiles } from './memory-files.ts';
import { openTree, openTreeInRoot, placeTree, restrictTree, type Tree } from './trees.ts';

const S_IFREG = 0o100000;
const ENOENT = -2;

interface OpenMount {
  tree: Tree;
  mount: BindMount;
}

/** What `openMounts` took from the host, to be put in place once the root has changed. */
export interface OpenMounts {
  etc: readonly { tree: Tree; target: BytePath }[];
  binds: readonly OpenMount[];
  files: readonly OpenFile[];
}

/** Copies the trees of all bind mounts; none can hold device nodes that work. */
export function openMounts(program: Program, spec: SandboxSpec): OpenMounts {
  const { hosts, resolvConf, hostname } = spec.etc ?? {};
  const covered: [BytePath | undefined, BytePath][] = [
    [hosts, '/etc/hosts'],
    [resolvConf, '/etc/resolv.conf'],
    [hostname, '/etc/hostname'],
  ];
  const etc = covered.flatMap(([source, target]) => {
    if (source === undefined) return [];
    const mount = { source, target, readonly: true, recursive: false };
    return [{ tree: openBind(program, mount), target }];
  });
  const files = openFiles(program, spec.files ?? []);
  return { etc, files, binds: (spec.mounts ?? []).map((mount) => ({ tree: openBind(program, mount), mount })) };
}

/** Over the links that images have there, not through them: the file they name may not exist. */
export function placeEtc(program: Program, { etc }: OpenMounts): void {
  for (const { tree, target } of etc) placeOrMake(program, tree, target, { kind: 'file', follow: false });
}

/**
 * Mounts in the order of the length of their targets' paths, so that none covers another that lies below it.
 * A mount point that the caller has not put into a lower layer is made in the upper directory.
 */
export function placeMounts(program: Program, opened: OpenMounts, tmpfs: readonly TmpfsMount[]): void {
  const steps = [
    ...opened.binds.map((bind) => ({ target: bind.mount.target, add: () => placeBind(program, bind) })),
    ...opened.files.map((file) => ({ target: file.target, add: () => placeFile(program, file) })),
    ...tmpfs.map((mount) => ({ target: mount.target, add: () => placeTmpfs(program, mount) })),
  ].map(({ target, add }) => ({ depth: cleanTarget(target).split('/').length, add }));
  for (const { add } of steps.sort((a, b) => a.depth - b.depth)) add();
}

function openBind(program: Program, { source, readonly, recursive }: BindMount): Tree {
  const tree = openSource(program, source, recursive);
  restrictTree(program, tree, MOUNT_ATTR.nodev | (readonly ? MOUNT_ATTR.rdonly : 0), recursive);
  return tree;
}

function openSource(program: Program, source: BindMount['source'], recursive: boolean): Tree {
  if (typeof source === 'string') return openTree(program, source, { recursive });
  if ('root' in source) return openTreeInRoot(program, source.root, source.path, { recursive });
  const { overlay, path } = source;
  mountRoot(program, overlay);
  return openTreeInRoot(program, `${overlay.directory}/${overlay.upper}`, path, { recursive: false });
}

function placeBind(program: Program, { tree, mount }: OpenMount): void {
  placeOrMake(program, tree, cleanTarget(mount.target), { kind: mount.kind ?? 'directory', follow: true });
}

function placeFile(program: Program, { tree, target }: OpenFile): void {
  placeOrMake(program, tree, cleanTarget(target), { kind: 'file', follow: true });
}

/** Where the target is missing, also because a layer hides that of the bottom one, it is made in the upper directory. */
function placeOrMake(
  program: Program,
  tree: Tree,
  target: BytePath,
  { kind, follow }: { kind: 'directory' | 'file'; follow: boolean },
): void {
  const result = program.reserve(8);
  const done = program.label();
  placeTree(program, tree, target, { follow, store: result, failed: 'next', expected: 'ENOENT' });
  program.jumpIfDifferent(at(result), ENOENT, done);
  makeMountPoint(program, target, kind);
  placeTree(program, tree, target, { follow });
  program.place(done);
}

function placeTmpfs(program: Program, { target, size, mode = 0o1777, readonly }: TmpfsMount): void {
  const path = cleanTarget(target);
  const options = `mode=${mode.toString(8)}${size === undefined ? '' : `,size=${size}`}`;
  const flags = MS.nosuid | MS.nodev | (readonly ? MS.rdonly : 0);
  const type = program.string('tmpfs');
  makeMountPoint(program, path, 'directory');
  program.call(SYS.mount, [type, program.string(path), type, flags, program.string(options)], {
    what: `mount tmpfs on ${path}`,
  });
}

function makeMountPoint(program: Program, target: BytePath, kind: 'directory' | 'file'): void {
  const parts = target.split('/').slice(1);
  parts.forEach((_, index) => {
    const path = program.string(`/${parts.slice(0, index + 1).join('/')}`);
    const isFile = kind === 'file' && index === parts.length - 1;
    if (isFile) program.call(SYS.mknodat, [AT.fdcwd, path, S_IFREG | 0o644, 0], { failed: 'next' });
    else program.call(SYS.mkdirat, [AT.fdcwd, path, 0o755], { failed: 'next' });
  });
}

export function cleanTarget(target: BytePath): BytePath {
  const clean = posix.normalize(target).replace(/\/$/, '');
  if (clean.startsWith('/')) return clean;
  throw new TsbuildError('INVALID', `a mount needs an absolute target below /: ${JSON.stringify(target)}`);
}
