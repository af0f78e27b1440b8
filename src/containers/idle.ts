import { runSandbox } from '../../runner/index.ts';
import { FileLock } from '../store/file-lock.ts';
import { type ContainerContext, sandboxOf } from './sandbox.ts';
import type { ContainerSpec } from './spec.ts';

/**
 * Calls `work` with the path of the root of a container that does not run, with all that is mounted in it. Nothing of
 * the container runs: its first process is one of ours that waits, and goes with us. It cannot be started meanwhile.
 */
export async function withIdleRoot<T>(
  spec: ContainerSpec,
  context: ContainerContext,
  work: (root: string) => Promise<T>,
): Promise<T> {
  const lock = await FileLock.take({ path: context.store.containers.path(spec.id, 'lock'), mode: 'exclusive' });
  try {
    const sandbox = await sandboxOf({ ...spec, limits: undefined, init: false }, { use: 'none' }, context);
    let working: Promise<T> | undefined;
    const deaf = () => undefined;
    await runSandbox(
      { ...sandbox, cwd: '/', idle: true },
      {
        stdout: deaf,
        stderr: deaf,
        onStart: (container) => {
          working = work(`/proc/${container.pid}/root`);
          working.catch(deaf).finally(() => container.kill('SIGKILL'));
        },
      },
    );
    return await (working as Promise<T>);
  } finally {
    lock.release();
  }
}
