import { type BytePath, fromBytePath } from '../../base/bytepath.ts';
import type { Digest, Json } from '../../base/digest.ts';
import { TsbuildError } from '../../base/error.ts';
import { contentDigest } from '../../context/content-digest.ts';
import { itemsOf } from '../../context/contents.ts';
import { fileDigests } from '../../context/file-digests.ts';
import type { Selected } from '../../context/select.ts';
import type { Result, Vertex } from '../../graph/vertex.ts';
import { readCarriedXattrs } from '../../snapshot/carried-xattrs.ts';
import { resolvePath } from '../../snapshot/resolve.ts';
import type { RootView } from '../../snapshot/root-view.ts';
import type { BaseLayers } from '../base-layers.ts';
import { rootfsOf } from '../rootfs.ts';
import { CONTEXT_SOURCE, type MountOp, type TreePath, treePathOf } from './op.ts';

/**
 * The identity of what mounts read of the inputs of a RUN: for its own root the id, for the others one digest for each
 * path that is mounted. So a stage that has changed elsewhere invalidates nothing.
 */
export async function mountedContent(
  vertex: Vertex,
  mounts: readonly MountOp[],
  results: readonly Result[],
  layers: BaseLayers,
): Promise<Json[]> {
  const paths = mounts.flatMap((mount) => treePathOf(mount) ?? []);
  const contents = results.slice(1).map((result, index): Promise<Json> => {
    const mounted = paths.filter((path) => path.input === index + 1);
    return Promise.all(mounted.map((path) => contentOfPath(path, vertex, result, layers)));
  });
  return [(results[0] as Result).id, ...(await Promise.all(contents))];
}

/** The id of the input stands for it where nothing is in the tree but what is mounted, or where it is an image's. */
export async function contentOfPath(
  { input, source }: TreePath,
  vertex: Vertex,
  result: Result,
  layers: BaseLayers,
): Promise<Digest> {
  const op = vertex.inputs[input]?.op;
  const isAlone = op?.kind === 'copy' && op.destination === `/${CONTEXT_SOURCE}`;
  if (isAlone || (op?.kind === 'image' && source === '')) return result.id;
  return digestOfPath(await layers.view(rootfsOf(result).snapshot), source);
}

async function digestOfPath(view: RootView, path: BytePath): Promise<Digest> {
  const source = findSource(view, path);
  const items = itemsOf(view, [source]);
  const xattrs = await readCarriedXattrs(items.treeEntries());
  const digests = await fileDigests(items.treeEntries(({ entry }) => entry.type === 'file'));
  const digestFile = () => digests.next().value as Buffer;
  return contentDigest(view, [source], items, { owners: true, xattrs, digestFile }).digest;
}

/** What a path names in a tree, links followed inside of it. */
export function findSource(view: RootView, path: BytePath): Selected {
  const { path: resolved, entry } = resolvePath(view, path, { followLast: true });
  if (entry !== undefined) return { path: resolved, name: path.slice(path.lastIndexOf('/') + 1), entry };
  throw new TsbuildError('NOT_FOUND', `"/${fromBytePath(path)}" not found in the stage or image that is mounted`, {
    hint: 'sources of a mount are paths below the root of what `from` names',
  });
}
