import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type OverlaySpec, SKELETON } from '../../runner/index.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { RootChanges } from '../snapshot/root-changes.ts';
import { copyTree } from '../snapshot/root-copy.ts';
import { RootView } from '../snapshot/root-view.ts';
import type { Draft, Snapshots } from '../snapshot/snapshots.ts';
import type { Tree } from '../snapshot/tree.ts';
import { type MountPoint, putPoints, requirePoints, type StepRoot } from './sandbox-root.ts';

export interface CopyOptions {
  view: Tree;
  snapshots: Snapshots;
  signal: AbortSignal;
}

/** A copy of all that is below `draft`, with mount points that are never a part of the layer. */
export async function copiedRoot(
  draft: Draft,
  mountPoints: readonly MountPoint[],
  options: CopyOptions,
): Promise<StepRoot> {
  const { view, snapshots, signal } = options;
  const { userXattrs } = snapshots;
  requirePoints(view, mountPoints);
  const directory = join(draft.directory, 'root');
  const writer = await copyInto(directory, '', options);
  // What is mounted over a link covers the link.
  putPoints(writer, SKELETON, { followLast: false });
  putPoints(writer, mountPoints, { followLast: true });
  await writer.finish();
  const changes = await RootChanges.since(toBytePath(directory), signal);
  return {
    overlay: copySpec(snapshots, directory, draft.work),
    async finish() {
      const layer = new LayerWriter(toBytePath(draft.fs), view, { userXattrs });
      await changes.moveInto(layer, view);
      const { opaque, unmarked } = layer;
      return { opaque, unmarked };
    },
  };
}

/** A copy of what is at one path, in the place of an overlay for a mount. */
export async function copiedPath(
  path: BytePath,
  { directory, work }: { directory: string; work: string },
  options: CopyOptions,
): Promise<OverlaySpec> {
  await (await copyInto(directory, path, options)).finish();
  return copySpec(options.snapshots, directory, work);
}

async function copyInto(
  directory: string,
  path: BytePath,
  { view, snapshots, signal }: CopyOptions,
): Promise<LayerWriter> {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { userXattrs } = snapshots;
  const writer = new LayerWriter(toBytePath(directory), new RootView([]), { userXattrs });
  await copyTree(view, writer, { path, signal });
  return writer;
}

function copySpec(snapshots: Snapshots, directory: string, work: string): OverlaySpec {
  const fromHere = (path: string) => toBytePath(relative(snapshots.directory, path));
  return {
    directory: toBytePath(snapshots.directory),
    lower: [],
    upper: fromHere(directory),
    work: fromHere(work),
    userxattr: snapshots.userXattrs,
    volatile: true,
    copied: true,
  };
}
