import type { SandboxIo } from './follow.ts';
import { findRuntime } from './oci/runtime.ts';
import type { SandboxExit, SandboxSpec } from './spec.ts';

/** What makes a sandbox of its specification. The same step has the same result with each. */
export interface Backend {
  name: string;
  run(spec: SandboxSpec, io: SandboxIo): Promise<SandboxExit>;
}

/** Ours: it needs nothing but the kernel, and is the fastest. */
export const LAUNCHER: Backend = {
  name: 'launcher',
  run: async (spec, io) => (await import('./sandbox.ts')).runSandbox(spec, io),
};

/**
 * The back end with this name: `launcher`, a runtime along the PATH, or the path of one. A runtime has made a sandbox
 * here before it is used.
 * @param storeDirectory where a sandbox is tried, and what was found is remembered
 */
export async function chooseBackend(name: string, storeDirectory: string): Promise<Backend> {
  if (name === LAUNCHER.name) return LAUNCHER;
  const runtime = findRuntime(name);
  const [{ requireRuntime }, { runWithRuntime }] = await Promise.all([
    import('./oci/trial.ts'),
    import('./oci/run.ts'),
  ]);
  await requireRuntime(runtime, storeDirectory);
  return { name: runtime.name, run: (spec, io) => runWithRuntime(runtime, spec, io) };
}
