import { toBytePath } from '../base/bytepath.ts';
import { type Digest, digestOfJson, type Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { ExecuteContext, Executed, Executor, Vertex } from '../graph/vertex.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { GitCheckout, type GitOp } from './git-checkout.ts';
import { gitEnvironment } from './git-environment.ts';
import { GitRepository } from './git-repository.ts';
import type { RemoteContext } from './remote-context.ts';
import { rootfsValue, usableRootfs } from './rootfs.ts';

/**
 * A git repository. Which commit is meant is asked in every build, unless it is written in full; the key is the commit,
 * so that a branch that has not moved is not fetched.
 */
export function gitExecutor(context: RemoteContext): Executor {
  const { snapshots, credentials, signal, state } = context;
  const environments = new Map<string, Promise<NodeJS.ProcessEnv>>();
  const environmentFor = (remote: string) => {
    const known = environments.get(remote);
    if (known !== undefined) return known;
    const made = gitEnvironment(process.env, {
      remote,
      authorization: credentials.authorization(remote, 'git'),
      signal,
    });
    environments.set(remote, made);
    return made;
  };
  const commits = new Map<Digest, Promise<string>>();
  const commitOf = (vertex: Vertex) => {
    const key = digestOfJson(vertex.op);
    const commit = commits.get(key) ?? resolve(opOf(vertex), context, environmentFor);
    commits.set(key, commit);
    return commit;
  };
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),

    async define(vertex: Vertex): Promise<Json> {
      return { commit: await commitOf(vertex) };
    },

    async execute(vertex: Vertex, _, { log, signal: stop }: ExecuteContext): Promise<Executed> {
      const op = opOf(vertex);
      const commit = await commitOf(vertex);
      const environment = await environmentFor(op.remote);
      const options = { remote: op.remote, state, environment, signal: stop, log: (data: Buffer) => log(2, data) };
      const repository = new GitRepository(options);
      await repository.ensure(commit, op.ref);
      const checkout = new GitCheckout(repository.directory, { ...options, temporary: context.temporary() });
      const draft = snapshots.draft(null);
      try {
        await checkout.make(commit, op);
        const writer = new LayerWriter(toBytePath(draft.fs), await snapshots.view(null), {
          userXattrs: snapshots.userXattrs,
        });
        await checkout.writeTo(writer, op);
        await writer.finish();
        if (writer.ownershipLost) context.onOwnershipLost();
        return { value: rootfsValue(snapshots.commit(draft)), id: identityOf(op, commit) };
      } catch (error) {
        snapshots.discard(draft);
        throw error;
      } finally {
        await checkout.remove();
      }
    },
  };
}

async function resolve(
  { remote, ref, checksum }: GitOp,
  { state, signal, step }: RemoteContext,
  environmentFor: (remote: string) => Promise<NodeJS.ProcessEnv>,
): Promise<string> {
  const commit = await step(`[internal] resolve ${remote}${ref === undefined ? '' : `#${ref}`}`, async () => {
    const environment = await environmentFor(remote);
    return new GitRepository({ remote, state, environment, signal }).resolve(ref);
  });
  if (checksum === undefined || commit.startsWith(checksum)) return commit;
  const what = ref === undefined ? remote : `${ref} of ${remote}`;
  throw new TsbuildError('INVALID', `${what} is the commit ${commit}, and the checksum says ${checksum}`, {
    hint: 'the branch or tag has moved, or the checksum is that of another one',
  });
}

/** The same files, wherever they come from; what is in `.git` says where that was. */
function identityOf({ remote, subdir, keepGitDir, submodules }: GitOp, commit: string): Digest {
  const origin = keepGitDir ? remote : undefined;
  return digestOfJson({ commit, subdir, keepGitDir, submodules, origin });
}

function opOf(vertex: Vertex): GitOp {
  return vertex.op as unknown as GitOp;
}
