import { basename } from 'node:path';
import { toBytePath } from '../../base/bytepath.ts';
import type { Digest } from '../../base/digest.ts';
import { itemsOf } from '../../context/contents.ts';
import { readCarriedXattrs } from '../../snapshot/carried-xattrs.ts';
import { LayerWriter } from '../../snapshot/layer-writer.ts';
import { RootView } from '../../snapshot/root-view.ts';
import { FileLock } from '../../store/file-lock.ts';
import { CopyWriter } from '../copy-writer.ts';
import { CacheDirectory } from './cache-directory.ts';
import { findSource } from './content.ts';
import type { FoundMount, MountSource } from './mount-source.ts';
import { type InputTree, type Mounted, nothingMounted } from './mounted.ts';
import type { CacheOp, TreePath } from './op.ts';

export interface CacheContext {
  /** `<root>/v1`. */
  state: string;
  userXattrs: boolean;
  signal: AbortSignal;
  /** The tree of an input, and its identity. */
  tree: (input: number) => Promise<InputTree>;
  identity: (path: TreePath) => Promise<Digest>;
  /** Where caches come from that are not here. */
  source?: MountSource | undefined;
  /** Told the name of a cache that another build has and that has to be waited for. */
  onWait: (id: string) => void;
}

interface Claim {
  op: CacheOp;
  directory: CacheDirectory;
}

/** The cache mounts of one step, locked until `release`. */
export interface HeldCaches {
  mounted: Mounted;
  release(): void;
}

/**
 * Takes the caches of a step. `shared` ones are used by anybody at the same time, `locked` ones wait for everybody else,
 * of `private` ones there is a copy for each who comes. The order of the locks is the same in all processes, and what is
 * not waited for comes last, so that no two builds wait for each other.
 */
export async function holdCaches(ops: readonly CacheOp[], context: CacheContext): Promise<HeldCaches> {
  const { state, identity } = context;
  const claims = await Promise.all(
    ops.map(async (op) => {
      const seed = op.seed && (await identity(op.seed));
      return { op, directory: new CacheDirectory(state, op, seed) };
    }),
  );
  for (const claim of claims) await bringIn(claim, context);
  const locks: FileLock[] = [];
  const release = () => {
    for (const lock of locks.splice(0)) lock.release();
  };
  try {
    const common = claims.filter(({ op }) => op.sharing !== 'private');
    if (common.length > 0) locks.push(await lockCommon(common, context));
    const copies = await privateCopies(claims, locks);
    const mounted = nothingMounted();
    for (const claim of claims) await addMount(mounted, claim, copies.get(claim.directory.path) ?? 0, context);
    return { mounted, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Opens the directory of a mount, and puts what another machine left there where that is newer and nobody uses it. */
async function bringIn({ op, directory }: Claim, { source, signal }: CacheContext): Promise<void> {
  const usedAt = directory.usedAt();
  directory.open();
  // A clock that is ahead must not replace what is here for ever.
  const isNewer = ({ time }: FoundMount) => usedAt === undefined || (usedAt < time && time <= Date.now());
  const found = await source?.find(basename(directory.path), op);
  if (found === undefined || !isNewer(found)) return;
  const lock = await FileLock.tryTake({ path: directory.lockFile(0), mode: 'exclusive' });
  if (lock === undefined) return;
  try {
    await directory.replace((fresh) => found.fill(fresh));
  } catch (error) {
    if (signal.aborted) throw error;
    source?.failed(op, error);
  } finally {
    lock.release();
  }
}

async function lockCommon(claims: readonly Claim[], { signal, onWait }: CacheContext): Promise<FileLock> {
  const modes = new Map<string, 'shared' | 'exclusive'>();
  for (const { op, directory } of claims) {
    const path = directory.lockFile(0);
    if (op.sharing === 'locked' || !modes.has(path)) modes.set(path, op.sharing === 'locked' ? 'exclusive' : 'shared');
  }
  const files = [...modes].map(([path, mode]) => ({ path, mode })).sort((a, b) => (a.path < b.path ? -1 : 1));
  const [first] = files;
  if (first !== undefined && files.length === 1) {
    const lock = await FileLock.tryTake(first);
    if (lock !== undefined) return lock;
    onWait(claims[0]?.op.id ?? '');
  }
  return FileLock.takeAll(files, signal);
}

/** For each private cache the number of the first copy that nobody has. */
async function privateCopies(claims: readonly Claim[], locks: FileLock[]): Promise<Map<string, number>> {
  const copies = new Map<string, number>();
  for (const { op, directory } of claims) {
    if (op.sharing !== 'private' || copies.has(directory.path)) continue;
    for (let index = 0; !copies.has(directory.path); index++) {
      const lock = await FileLock.tryTake({ path: directory.lockFile(index), mode: 'exclusive' });
      if (lock === undefined) continue;
      locks.push(lock);
      copies.set(directory.path, index);
    }
  }
  return copies;
}

async function addMount(mounted: Mounted, { op, directory }: Claim, index: number, context: CacheContext) {
  await directory.prepare(index, async (fresh) => {
    if (op.seed !== undefined) await fill(fresh, op.seed, context);
  });
  const root = toBytePath(directory.copy(index));
  const source = op.directory === undefined ? root : { root, path: op.directory };
  mounted.mounts.push({ source, target: op.target, readonly: op.readonly, recursive: false });
  mounted.points.push({ path: op.target.slice(1), type: 'directory' });
}

async function fill(directory: string, { input, source }: TreePath, context: CacheContext): Promise<void> {
  const { view } = await context.tree(input);
  const sources = [findSource(view, source)];
  const items = itemsOf(view, sources);
  const xattrs = await readCarriedXattrs(items.treeEntries());
  const { signal, userXattrs } = context;
  const writer = new LayerWriter(toBytePath(directory), new RootView([]), { userXattrs });
  const copy = new CopyWriter({
    writer,
    destination: '/',
    owner: undefined,
    mode: undefined,
    keepOwners: true,
    signal,
  });
  await copy.putSelection({ tree: view, sources, items, xattrs: async () => xattrs });
  await writer.finish();
}
