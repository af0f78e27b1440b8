import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type OverlaySpec, SKELETON } from '../../runner/index.ts';
import { uniqueName } from '../base/atomic.ts';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { digestOfJson, hexOf } from '../base/digest.ts';
import { isErrno } from '../base/error.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Draft, Snapshots } from '../snapshot/snapshots.ts';
import type { Tree } from '../snapshot/tree.ts';

/** A name that must exist in the root for something to be mounted there. */
export interface MountPoint {
  path: string;
  type: 'directory' | 'file';
}

/** Files of the sandbox's own that cover those of the image, so that neither shows up in a layer. */
export interface EtcFiles {
  hosts: BytePath;
  resolvConf: BytePath;
  hostname: BytePath;
}

/**
 * The overlay of a container: the image's snapshots below, `draft` on top, and at the bottom a directory with the
 * mount points that the image lacks. Its upper directory takes the attributes of the image's root.
 */
export async function overlayFor(
  snapshots: Snapshots,
  root: { draft: Draft; view: Tree; state: string },
  mountPoints: readonly MountPoint[],
): Promise<OverlaySpec> {
  const { draft, view, state } = root;
  const { directory } = snapshots;
  const fromHere = (path: string) => toBytePath(relative(directory, path));
  await new LayerWriter(toBytePath(draft.fs), view, { userXattrs: snapshots.userXattrs }).finish();
  const bottom = skeleton(state, [...SKELETON, ...mountPoints, ...linkedEtc(view)]);
  return {
    directory: toBytePath(directory),
    lower: [...snapshots.lowerDirectories(draft.parent), fromHere(bottom)],
    upper: fromHere(draft.fs),
    work: fromHere(draft.work),
    userxattr: snapshots.userXattrs,
    volatile: true,
  };
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
  const directory = join(state, 'skeleton', hexOf(digestOfJson(points)).slice(0, 16));
  if (existsSync(directory)) return directory;
  const temporary = join(state, 'skeleton', `.${uniqueName()}`);
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

/** Writes the container's /etc/hosts, /etc/resolv.conf and /etc/hostname into a directory of this process. */
export function writeEtcFiles(directory: string, hostname: string): EtcFiles {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, content: string): BytePath => {
    const path = join(directory, name);
    writeOpenFile(path, content);
    return toBytePath(path);
  };
  const hosts = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  return {
    hosts: write('hosts', hosts),
    resolvConf: write('resolv.conf', hostResolvConf()),
    hostname: write('hostname', `${hostname}\n`),
  };
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
