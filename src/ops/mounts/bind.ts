import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BindMount, OverlaySpec } from '../../../runner/index.ts';
import { uniqueName } from '../../base/atomic.ts';
import { toBytePath } from '../../base/bytepath.ts';
import { LayerWriter } from '../../snapshot/layer-writer.ts';
import type { Snapshots } from '../../snapshot/snapshots.ts';
import { copiedPath } from '../copied-root.ts';
import type { Roots } from '../roots.ts';
import { stackOf } from '../sandbox-root.ts';
import { findSource } from './content.ts';
import type { InputTree } from './mounted.ts';
import type { BindOp } from './op.ts';

interface BindContext {
  snapshots: Snapshots;
  roots: Roots;
  /** Of the step, on the file system of the store. */
  directory: string;
  signal: AbortSignal;
}

/**
 * A path of a stage, an image or a context, through an overlay or a copy of its own: what a step may write there lands in a
 * directory that is thrown away with the step.
 */
export async function bindMount(
  { source, target, readonly }: BindOp,
  { snapshot, view }: InputTree,
  { snapshots, roots, directory, signal }: BindContext,
): Promise<BindMount> {
  const { path, entry } = findSource(view, source);
  const own = join(directory, uniqueName('bind-'));
  const [upper, work, empty] = ['fs', 'work', 'empty'].map((name) => join(own, name)) as [string, string, string];
  for (const made of [upper, work, empty]) mkdirSync(made, { recursive: true, mode: 0o755 });
  const kind = entry.type === 'directory' ? 'directory' : 'file';
  const mount = (overlay: OverlaySpec): BindMount => ({
    source: { overlay, path: `/${path}` },
    target,
    readonly,
    recursive: false,
    kind,
  });
  if (await roots.copied(snapshots, snapshot)) {
    return mount(await copiedPath(path, { directory: upper, work }, { view, snapshots, signal }));
  }
  await new LayerWriter(toBytePath(upper), view, { userXattrs: snapshots.userXattrs }).finish();
  return mount(await stackOf(snapshots, { snapshot, upper, work, bottom: empty }));
}
