import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BindMount } from '../../../runner/index.ts';
import { uniqueName } from '../../base/atomic.ts';
import { toBytePath } from '../../base/bytepath.ts';
import { LayerWriter } from '../../snapshot/layer-writer.ts';
import type { Snapshots } from '../../snapshot/snapshots.ts';
import { stackOf } from '../sandbox-root.ts';
import { findSource } from './content.ts';
import type { InputTree } from './mounted.ts';
import type { BindOp } from './op.ts';

/**
 * A path of a stage, an image or a context, through an overlay of its own: what a step may write there lands in a
 * directory that is thrown away with the step.
 * @param directory of the step, on the file system of the store
 */
export async function bindMount(
  { source, target, readonly }: BindOp,
  { snapshot, view }: InputTree,
  { snapshots, directory }: { snapshots: Snapshots; directory: string },
): Promise<BindMount> {
  const { path, entry } = findSource(view, source);
  const own = join(directory, uniqueName('bind-'));
  const [upper, work, empty] = ['fs', 'work', 'empty'].map((name) => join(own, name)) as [string, string, string];
  for (const made of [upper, work, empty]) mkdirSync(made, { recursive: true, mode: 0o755 });
  await new LayerWriter(toBytePath(upper), view, { userXattrs: snapshots.userXattrs }).finish();
  const overlay = stackOf(snapshots, { snapshot, upper, work, bottom: empty });
  const kind = entry.type === 'directory' ? 'directory' : 'file';
  return { source: { overlay, path: `/${path}` }, target, readonly, recursive: false, kind };
}
