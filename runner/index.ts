import type { BytePath } from '../src/base/bytepath.ts';
import type { TsbuildError } from '../src/base/error.ts';
import type { SandboxIo } from './follow.ts';
import type { IsolatedNetwork } from './network/open.ts';
import type { NetworkProvider } from './network/provider.ts';
import type { OciRuntime } from './oci/runtime.ts';
import type { Probe } from './probe/probe.ts';
import type { SandboxExit, SandboxSpec } from './spec.ts';
import type { EnterOptions } from './userns/enter.ts';
import type { LinklessDirectory } from './without-links.ts';

/** Processes, namespaces and mounts; nothing of images. */
export { type Backend, chooseBackend, LAUNCHER } from './backend.ts';
export { emulators } from './binfmt.ts';
export { CAPABILITY_NAMES, capabilityOf, capabilitySet } from './capabilities.ts';
export { removeAbandonedGroups } from './cgroup/group.ts';
export type { Limits } from './cgroup/limits.ts';
export { controllerStates } from './cgroup/state.ts';
export type { RunningContainer, SandboxIo } from './follow.ts';
export type { IsolatedNetwork } from './network/open.ts';
export { networkProviders } from './network/provider.ts';
export { networkState } from './network/state.ts';
export { findRuntime, KNOWN_RUNTIMES } from './oci/runtime.ts';
export type { Probe } from './probe/probe.ts';
export { overlayRemedy, sandboxUnavailable } from './probe/report.ts';
export type { WindowSize } from './setup/terminal.ts';
export {
  type BindMount,
  type ExecSpec,
  type MemoryFile,
  type OverlaySpec,
  type SandboxExit,
  type SandboxSpec,
  SKELETON,
  type TmpfsMount,
  type Ulimit,
} from './spec.ts';
export { hasSingleId, inUserNamespace, needsUserNamespace } from './userns/identity.ts';
export { subordinateRanges } from './userns/subids.ts';

// What makes sandboxes is loaded with the first one: a build of nothing new makes none.

/** See `sandbox.ts`. */
export async function runSandbox(spec: SandboxSpec, io: SandboxIo): Promise<SandboxExit> {
  return (await import('./sandbox.ts')).runSandbox(spec, io);
}

/** See `network/open.ts`. */
export async function openNetwork(providers?: NetworkProvider[]): Promise<IsolatedNetwork> {
  return (await import('./network/open.ts')).openNetwork(providers);
}

/** See `probe/probe.ts`. */
export async function probe(storeDirectory: string): Promise<Probe[]> {
  return (await import('./probe/probe.ts')).probe(storeDirectory);
}

/** See `probe/overlay.ts`. */
export async function overlayRefusal(storeDirectory: string): Promise<Probe | undefined> {
  return (await import('./probe/overlay.ts')).overlayRefusal(storeDirectory);
}

/** See `oci/trial.ts`. */
export async function tryRuntime(runtime: OciRuntime, storeDirectory: string): Promise<TsbuildError | undefined> {
  return (await import('./oci/trial.ts')).tryRuntime(runtime, storeDirectory);
}

/** See `userns/enter.ts`. */
export async function enterUserNamespace(options: EnterOptions): Promise<number> {
  return (await import('./userns/enter.ts')).enterUserNamespace(options);
}

/** See `without-links.ts`. */
export async function openWithoutLinks(directory: BytePath): Promise<LinklessDirectory> {
  return (await import('./without-links.ts')).openWithoutLinks(directory);
}
