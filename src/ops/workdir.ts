import { toBytePath } from '../base/bytepath.ts';
import type { Executed, Executor, Result, Vertex } from '../graph/vertex.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Tree } from '../snapshot/tree.ts';
import type { OpsContext } from './context.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';
import { resolveOwner } from './users.ts';

interface WorkdirOp {
  path: string;
  user?: string | undefined;
}

const ROOT = { uid: 0, gid: 0 };

/** WORKDIR: makes what is missing of a path, 0755 and owned as `--chown=USER` would, and leaves what exists. */
export function workdirExecutor(context: OpsContext): Executor {
  const { snapshots, layers } = context;
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    async execute(vertex: Vertex, [parent]: readonly Result[], { status }): Promise<Executed> {
      const { path, user } = vertex.op as unknown as WorkdirOp;
      const { snapshot } = rootfsOf(parent as Result);
      const view = await layers.view(snapshot, status);
      const draft = snapshots.draft(snapshot);
      try {
        const writer = new LayerWriter(toBytePath(draft.fs), view, { userXattrs: snapshots.userXattrs });
        const wanted = toBytePath(path.slice(1));
        if (resolvePath(view, wanted, { followLast: true }).entry?.type !== 'directory') {
          const { uid, gid } = user === undefined ? ROOT : resolveOwner(view, user);
          writer.ensureDirectory(wanted, { mode: 0o755, uid, gid, mtimeMs: nearestTime(view, wanted) });
        }
        await writer.finish();
        if (writer.ownershipLost) context.onOwnershipLost();
        const { opaque, unmarked, plain } = writer;
        return { value: rootfsValue(snapshots.commit(draft, { opaque, unmarked, plain: plain || undefined })) };
      } catch (error) {
        snapshots.discard(draft);
        throw error;
      }
    },
  };
}

/** The time of the nearest directory that exists: a new one must not bring the clock into the layer. */
function nearestTime(view: Tree, path: string): number {
  const names = path.split('/');
  while (names.length > 0) {
    const entry = view.lookup(names.join('/'));
    if (entry !== undefined) return entry.mtimeMs;
    names.pop();
  }
  return 0;
}
