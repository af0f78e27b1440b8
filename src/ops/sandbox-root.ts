import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type OverlaySpec, SKELETON } from '../../runner/index.ts';
import { uniqueName } from '../base/atomic.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { digestOfJson, hexOf } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Draft, SnapshotMeta, Snapshots } from '../snapshot/snapshots.ts';
import { parentOf, type Tree } from '../snapshot/tree.ts';

/** The root of a step, and what has been changed in it. */
export interface StepRoot {
  overlay: OverlaySpec;
  /** Completes the directory of the draft's layer, once the step has ended. */
  finish(): Promise<Pick<SnapshotMeta, 'opaque' | 'unmarked'>>;
}

/** A name that must exist in the root for something to be mounted there, relative to it. */
export interface MountPoint {
  path: BytePath;
  type: 'directory' | 'file';
}

/** Files of the sandbox's own that cover those of the image, so that neither shows up in a layer. */
export interface EtcFiles {
  hosts: BytePath;
  resolvConf: BytePath;
  hostname: BytePath;
}

/** Where a draft has its mount points, and a state directory the mount points that every container has. */
export const POINTS = 'points';
export const SKELETONS = 'skeleton';

/**
 * The overlay of a container: the image's snapshots below, `draft` on top, and at the bottom a directory with the
 * mount points that every container has. Those of this one alone, as far as the image lacks them, are a layer below
 * `draft`, so that no layer of the image hides them and none is left in what the container has changed.
 */
export async function overlayFor(
  snapshots: Snapshots,
  root: { draft: Draft; view: Tree; state: string },
  mountPoints: readonly MountPoint[],
): Promise<OverlaySpec> {
  const { draft, view, state } = root;
  await new LayerWriter(toBytePath(draft.fs), view, { userXattrs: snapshots.userXattrs }).finish();
  return stackOf(snapshots, {
    snapshot: draft.parent,
    upper: draft.fs,
    work: draft.work,
    top: await pointsLayer(join(draft.directory, POINTS), view, mountPoints, snapshots),
    bottom: skeleton(state, [...SKELETON, ...linkedEtc(view)]),
  });
}

export interface Stack {
  snapshot: string | null;
  /** Has the attributes of the root directory. */
  upper: string;
  work: string;
  /** Above the snapshots, where there is something. */
  top?: string | undefined;
  bottom: string;
  /** Whether what is written is to survive a crash of the machine. */
  durable?: boolean | undefined;
}

/** An overlay of a stack of snapshots between other directories of the same file system. */
export async function stackOf(
  snapshots: Snapshots,
  { snapshot, upper, work, top, bottom, durable }: Stack,
): Promise<OverlaySpec> {
  if (!snapshots.mountable(snapshot)) throw notMountable();
  const { directory } = snapshots;
  const fromHere = (path: string) => toBytePath(relative(directory, path));
  const layers = await snapshots.lowerDirectories(snapshot);
  return {
    directory: toBytePath(directory),
    lower: [...(top === undefined ? [] : [fromHere(top)]), ...layers, fromHere(bottom)],
    upper: fromHere(upper),
    work: fromHere(work),
    userxattr: snapshots.userXattrs,
    volatile: durable !== true,
  };
}

function notMountable(): TsbuildError {
  const message = 'a layer was made on a file system that holds no marks of overlayfs, and is no part of an overlay';
  return new TsbuildError('SANDBOX', message, {
    hint: 'containers need overlays: make the image in a store on another disk with --root DIR',
  });
}

/** A layer with the mount points that `view` lacks; undefined where it lacks none. */
async function pointsLayer(
  directory: string,
  view: Tree,
  points: readonly MountPoint[],
  { userXattrs }: Snapshots,
): Promise<string | undefined> {
  const missing = points.filter((point) => isMissing(view, point));
  if (missing.length === 0) return undefined;
  mkdirSync(directory);
  const writer = new LayerWriter(toBytePath(directory), view, { userXattrs });
  putPoints(writer, missing, { followLast: true });
  await writer.finish();
  return directory;
}

/** Makes the mount points that are not there. */
export function putPoints(writer: LayerWriter, points: readonly MountPoint[], options: { followLast: boolean }): void {
  for (const { path, type } of points) {
    const { path: resolved, entry } = resolvePath(writer, path, options);
    if (entry !== undefined) continue;
    const parent = type === 'directory' ? resolved : parentOf(resolved);
    writer.ensureDirectory(parent, { mode: 0o755, uid: 0, gid: 0, mtimeMs: 0 });
    if (type === 'directory') continue;
    writer.putFile(resolved, Buffer.alloc(0), { mode: 0o644, uid: 0, gid: 0, mtimeMs: 0 }, { replace: false });
  }
}

/** Fails where what the image has at a mount point is of the other type. */
export function requirePoints(view: Tree, points: readonly MountPoint[]): void {
  for (const point of points) isMissing(view, point);
}

function isMissing(view: Tree, { path, type }: MountPoint): boolean {
  const { entry } = resolvePath(view, path, { followLast: true });
  if (entry === undefined || (entry.type === 'directory') === (type === 'directory')) return entry === undefined;
  const there = entry.type === 'directory' ? 'a directory' : 'a file';
  throw new TsbuildError('INVALID', `cannot mount a ${type} on /${fromBytePath(path)}: the image has ${there} there`, {
    hint: 'choose another target',
  });
}

/** Where the image's /etc is a link, the files that are covered are those of the directory it leads to. */
function linkedEtc(view: Tree): MountPoint[] {
  const { path } = resolvePath(view, 'etc', { followLast: true });
  if (path === 'etc') return [];
  const names = ['hosts', 'resolv.conf', 'hostname'];
  return names.map((name) => ({ path: fromBytePath(joinBytePath(path, name)), type: 'file' }));
}

/** A directory with these mount points and nothing else, made once and shared by all containers. */
function skeleton(state: string, mountPoints: readonly MountPoint[]): string {
  const points = [...new Map(mountPoints.map(({ path, type }) => [path, type]))].sort(([a], [b]) => (a < b ? -1 : 1));
  const directory = join(state, SKELETONS, hexOf(digestOfJson(points)).slice(0, 16));
  if (existsSync(directory)) return directory;
  const temporary = join(state, SKELETONS, `.${uniqueName()}`);
  makeOpenDirectory(temporary);
  for (const [path, type] of points) {
    const target = join(temporary, path);
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      makeOpenDirectory(join(temporary, path.slice(0, at)));
    }
    if (type === 'directory') makeOpenDirectory(target);
    else writeOpenFile(target, '');
  }
  try {
    renameSync(temporary, directory);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    rmSync(temporary, { recursive: true, force: true });
  }
  return directory;
}

/** For every user of a container, whatever the umask of ours. */
function makeOpenDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

/** For every user of a container to read, whatever the umask of ours; with `mode` also to execute. */
export function writeOpenFile(path: string, content: string, mode = 0o644): void {
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** systemd-resolved's listener on 127.0.0.53 is out of reach in other network namespaces; this file names its servers. */
const STUB_RESOLVER = '127.0.0.53';
const RESOLVED_CONF = '/run/systemd/resolve/resolv.conf';

/** A line of /etc/hosts. */
export interface HostEntry {
  name: string;
  address: string;
}

export interface EtcOptions {
  hosts?: readonly HostEntry[] | undefined;
  /** The resolver of an isolated network, in the place of the host's. */
  nameserver?: string | undefined;
}

/** Writes the container's /etc/hosts, /etc/resolv.conf and /etc/hostname into a directory of this process. */
export function writeEtcFiles(directory: string, hostname: string, options: EtcOptions = {}): EtcFiles {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, content: string): BytePath => {
    const path = join(directory, name);
    writeOpenFile(path, content);
    return toBytePath(path);
  };
  const own = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const hosts = own + (options.hosts ?? []).map(({ name, address }) => `${address}\t${name}\n`).join('');
  return {
    hosts: write('hosts', hosts),
    resolvConf: write('resolv.conf', withResolver(hostResolvConf(), options.nameserver)),
    hostname: write('hostname', `${hostname}\n`),
  };
}

const NAMESERVERS = /^\s*nameserver\s.*\n?/gm;

/**
 * An isolated network has one resolver, which asks the host's: those may be on its loopback, and pasta makes the
 * answers of all of them come from its own.
 */
function withResolver(text: string, nameserver: string | undefined): string {
  return nameserver === undefined ? text : `nameserver ${nameserver}\n${text.replace(NAMESERVERS, '')}`;
}

function hostResolvConf(): string {
  const text = readOptional('/etc/resolv.conf');
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]);
  const isStub = servers.length > 0 && servers.every((server) => server === STUB_RESOLVER);
  return isStub ? readOptional(RESOLVED_CONF) || text : text;
}

function readOptional(path: string): string {
  try {
    return readFileSync(fsPath(path), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
