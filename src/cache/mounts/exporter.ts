import { basename } from 'node:path';
import { toBytePath } from '../../base/bytepath.ts';
import type { Digest } from '../../base/digest.ts';
import type { Compression } from '../../export/compression.ts';
import type { DefinedVertex } from '../../graph/definitions.ts';
import type { Descriptor } from '../../oci/types.ts';
import type { LayerProgress } from '../../ops/base-layers.ts';
import { CacheDirectory } from '../../ops/mounts/cache-directory.ts';
import type { CacheOp, MountOp } from '../../ops/mounts/op.ts';
import { FileLock } from '../../store/file-lock.ts';
import type { ReadCache } from '../read.ts';
import type { CarriedMount, MountTree } from './document.ts';
import { latestMount } from './importer.ts';
import { packTree } from './packs.ts';
import { scanMount } from './scan.ts';
import { type MountContext, type PlacedMount, readTree, writeTree } from './tree-blob.ts';

export interface MountExportContext extends MountContext {
  /** `<root>/v1`. */
  state: string;
  compression: Compression;
  progress: LayerProgress;
  /** The caches that are known, with the one that is replaced among them. */
  earlier: readonly ReadCache[];
}

/** Mounts for a cache, with the blobs that it has to have for them. */
export interface ExportedMounts {
  mounts: CarriedMount[];
  blobs: Descriptor[];
}

/** A mount of this build, by the name of its directory. */
interface NamedMount {
  key: string;
  op: CacheOp;
}

/**
 * The cache mounts of the steps of a build. What a cache has already stays where it is; a mount that is not here, or has
 * been used elsewhere since, is carried along as it was.
 *
 * @param used those that steps have used in this build, by the names of their directories
 */
export async function exportMounts(
  steps: readonly DefinedVertex[],
  used: ReadonlyMap<string, CacheOp>,
  context: MountExportContext,
): Promise<ExportedMounts> {
  const mounts: CarriedMount[] = [];
  const blobs = new Map<Digest, Descriptor>();
  for (const named of mountsOf(steps, used, context)) {
    const exported = await exportMount(named, context);
    if (exported === undefined) continue;
    mounts.push(exported.mount);
    for (const blob of [exported.mount.tree, ...exported.tree.packs.map((pack) => pack.blob)])
      blobs.set(blob.digest, blob);
  }
  return { mounts, blobs: [...blobs.values()] };
}

/** What a seeded mount is called is known once a step has used it, here or where an earlier cache comes from. */
function mountsOf(
  steps: readonly DefinedVertex[],
  used: ReadonlyMap<string, CacheOp>,
  { state, earlier }: MountExportContext,
): NamedMount[] {
  const found = new Map<string, CacheOp>();
  for (const { vertex } of steps) {
    const all = (vertex.op.kind === 'run' ? (vertex.op.mounts ?? []) : []) as unknown as readonly MountOp[];
    for (const op of all.filter((mount): mount is CacheOp => mount.type === 'cache')) {
      const isSame = (other: { namespace: string; id: string }) =>
        other.namespace === op.namespace && other.id === op.id;
      if (op.seed === undefined) found.set(basename(new CacheDirectory(state, op, undefined).path), op);
      for (const [key, other] of used) if (isSame(other)) found.set(key, other);
      for (const { key } of earlier.flatMap(({ document }) => document.mounts ?? []).filter(isSame)) {
        if (op.seed !== undefined && !found.has(key)) found.set(key, op);
      }
    }
  }
  return [...found].map(([key, op]) => ({ key, op })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

interface ExportedMount {
  mount: CarriedMount;
  tree: MountTree;
}

async function exportMount({ key, op }: NamedMount, context: MountExportContext): Promise<ExportedMount | undefined> {
  const { state, earlier, signal, progress } = context;
  const directory = CacheDirectory.named(state, key, op);
  const before = latestMount(earlier, key);
  const known = before && (await readTree(before, context, progress).catch(ifNotAborted(signal)));
  const usedAt = directory.usedAt();
  const carried = before && known ? { mount: plain(before), tree: known } : undefined;
  const isOlder = before !== undefined && usedAt !== undefined && before.time > usedAt && before.time <= Date.now();
  if (usedAt === undefined || isOlder) return carried;
  const lock = await lockedAlone(directory, op, context);
  try {
    const scanned = await scanMount(toBytePath(directory.copy(0)), signal);
    const tree = await packTree(scanned, known?.packs ?? [], context);
    const size = scanned.flatMap(({ pieces = [] }) => pieces).reduce((sum, piece) => sum + piece.size, 0);
    progress(`mount ${op.id}`, 'packed', size, size);
    const { namespace, id } = op;
    const mount = { key, namespace, id, time: Math.floor(usedAt), size, tree: await writeTree(tree, context.store) };
    // Used and not changed: the cache stays what it is, and need not be sent.
    return carried?.mount.tree.digest === mount.tree.digest ? carried : { mount, tree };
  } finally {
    lock.release();
  }
}

/** Whoever uses the mount, shared or not, is done with it before it is read. */
async function lockedAlone(
  directory: CacheDirectory,
  { id }: CacheOp,
  { signal, progress }: MountExportContext,
): Promise<FileLock> {
  const file = { path: directory.lockFile(0), mode: 'exclusive' } as const;
  const lock = await FileLock.tryTake(file);
  if (lock !== undefined) return lock;
  progress(`mount ${id}`, 'waiting for another build', 0, 0);
  return FileLock.takeAll([file], signal);
}

/** What cannot be read of an earlier cache is as good as not there. */
function ifNotAborted(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (signal.aborted) throw error;
    return undefined;
  };
}

function plain({ source: _, ...mount }: PlacedMount): CarriedMount {
  return mount;
}
