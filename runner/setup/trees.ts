import type { BytePath } from '../../src/base/bytepath.ts';
import { SYS } from '../syscall/numbers.ts';
import { type Address, at, type CallOptions, type Label, type Program } from '../syscall/program.ts';
import { AT, MOVE_MOUNT, O, OPEN_TREE_CLONE, RESOLVE } from './flags.ts';

const FSOPEN_CLOEXEC = 1;
const FSCONFIG = { setString: 1, create: 6 };

/** A file tree that is mounted nowhere: an address that holds its descriptor. */
export type Tree = Address & { readonly __tree: true };

export interface OpenTreeOptions {
  /** With everything mounted below. */
  recursive: boolean;
  /** Where to put the descriptor, where that is not to be a new place. */
  into?: Tree | undefined;
}

/** Copies the tree at a path of the host: before the root changes, so that nothing of an image can direct it. */
export function openTree(program: Program, path: BytePath, options: OpenTreeOptions): Tree {
  const tree = options.into ?? (program.reserve(8) as Tree);
  const flags = OPEN_TREE_CLONE | O.cloexec | (options.recursive ? AT.recursive : 0);
  program.call(SYS.open_tree, [AT.fdcwd, program.string(path), flags], { what: `open ${path}`, store: tree });
  return tree;
}

/** A new file system of a type without options, with attributes (MOUNT_ATTR); goes on at `refused` on EPERM. */
export function newTree(program: Program, type: string, attributes: number, into: Tree, refused: Label): void {
  const parameters: [string, string][] = [['source', type]];
  configuredTree(program, { type, parameters, attributes }, into, { failed: refused, expected: 'EPERM' });
}

export interface NewTree {
  type: string;
  parameters: readonly (readonly [name: string, value: string])[];
  /** MOUNT_ATTR. */
  attributes: number;
}

/** A new file system with parameters, mounted nowhere. */
export function configuredTree(
  program: Program,
  { type, parameters, attributes }: NewTree,
  into: Tree,
  refusal: Pick<CallOptions, 'failed' | 'expected'>,
): void {
  const context = program.reserve(8);
  const options = { what: `mount ${type}`, ...refusal };
  program.call(SYS.fsopen, [program.string(type), FSOPEN_CLOEXEC], { ...options, store: context });
  for (const [name, value] of parameters) {
    const args = [at(context), FSCONFIG.setString, program.string(name), program.string(value), 0];
    program.call(SYS.fsconfig, args, options);
  }
  program.call(SYS.fsconfig, [at(context), FSCONFIG.create, 0, 0, 0], options);
  program.call(SYS.fsmount, [at(context), FSOPEN_CLOEXEC, attributes], { ...options, store: into });
}

/** As `openTree`, for what `path` names in the directory `root`: its symbolic links are followed as if in a chroot. */
export function openTreeInRoot(
  program: Program,
  root: BytePath,
  path: BytePath,
  options: { recursive: boolean },
): Tree {
  const tree = program.reserve(8) as Tree;
  const directory = program.reserve(8);
  const file = program.reserve(8);
  const what = `open ${path} in ${root}`;
  const how = program.words([O.path | O.cloexec, 0, RESOLVE.inRoot | RESOLVE.noMagicLinks]);
  const flags = O.path | O.directory | O.cloexec;
  program.call(SYS.openat, [AT.fdcwd, program.string(root), flags, 0], { what, store: directory });
  program.call(SYS.openat2, [at(directory), program.string(path), how, 24], { what, store: file });
  const treeFlags = OPEN_TREE_CLONE | O.cloexec | AT.emptyPath | (options.recursive ? AT.recursive : 0);
  program.call(SYS.open_tree, [at(file), program.string(''), treeFlags], { what, store: tree });
  return tree;
}

/** Adds attributes (MOUNT_ATTR) to a detached tree. Linux 5.12. */
export function restrictTree(program: Program, tree: Tree, attributes: number, recursive: boolean): void {
  const flags = AT.emptyPath | (recursive ? AT.recursive : 0);
  const args = [at(tree), program.string(''), flags, attributeStruct(program, attributes), 32];
  program.call(SYS.mount_setattr, args, { what: 'mount_setattr' });
}

export interface RestrictOptions {
  /** With everything mounted below. */
  recursive?: boolean;
  /** The path may be missing. */
  expected?: 'ENOENT';
}

/** Adds attributes to the mount at a path. */
export function restrictMount(
  program: Program,
  path: BytePath,
  attributes: number,
  { recursive = false, expected }: RestrictOptions = {},
): void {
  const args = [AT.fdcwd, program.string(path), recursive ? AT.recursive : 0, attributeStruct(program, attributes), 32];
  const failed = expected === undefined ? undefined : 'next';
  program.call(SYS.mount_setattr, args, { what: `mount_setattr ${path}`, failed, expected });
}

/** `struct mount_attr`. */
function attributeStruct(program: Program, attributes: number): Address {
  return program.words([attributes, 0, 0, 0]);
}

export interface PlaceOptions {
  /** Whether a symbolic link at the end of `target` is followed; otherwise the tree covers the link itself. */
  follow: boolean;
  failed?: Label | 'next' | undefined;
  expected?: 'ENOENT' | 'EINVAL' | undefined;
  store?: Address | undefined;
}

/** Mounts a detached tree at a path below the present root. */
export function placeTree(program: Program, tree: Tree, target: BytePath, options: PlaceOptions): void {
  const { follow, ...rest } = options;
  const flags = MOVE_MOUNT.fromEmptyPath | (follow ? MOVE_MOUNT.toSymlinks : 0);
  const args = [at(tree), program.string(''), AT.fdcwd, program.string(target), flags];
  program.call(SYS.move_mount, args, { what: `mount on ${target}`, ...rest });
}
