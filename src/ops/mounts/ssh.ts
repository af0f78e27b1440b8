import { join } from 'node:path';
import { uniqueName } from '../../base/atomic.ts';
import { toBytePath } from '../../base/bytepath.ts';
import { TsbuildError } from '../../base/error.ts';
import type { AgentSource } from '../../ssh/agent.ts';
import { type AgentSocket, listenForAgent } from '../../ssh/socket.ts';
import { type Mounted, nothingMounted } from './mounted.ts';
import type { SshOp } from './op.ts';

const DEFAULT_MODE = 0o600;

/** A socket on which an agent answers the step, and the variable that names the first of them. */
export async function sshMount(
  op: SshOp,
  agents: ReadonlyMap<string, AgentSource>,
  directory: string,
): Promise<{ mounted: Mounted; socket: AgentSocket | undefined }> {
  const mounted = nothingMounted();
  const source = agents.get(op.id);
  if (source === undefined) {
    if (op.required) throw missing(op.id);
    return { mounted, socket: undefined };
  }
  const { target, mode = DEFAULT_MODE, uid = 0, gid = 0 } = op;
  const socket = await listenForAgent(join(directory, uniqueName('ssh-')), source, { mode, uid, gid });
  mounted.mounts.push({
    source: toBytePath(socket.path),
    target,
    readonly: true,
    recursive: false,
    kind: 'file',
  });
  mounted.points.push({ path: target.slice(1), type: 'file' });
  return { mounted, socket };
}

function missing(id: string): TsbuildError {
  return new TsbuildError('NOT_FOUND', `the SSH agent ${id} is required, and the build has none of that id`, {
    hint: `pass it with --ssh ${id}, --ssh ${id}=SOCKET or --ssh ${id}=KEYFILE`,
  });
}
