/** Processes, namespaces and mounts; nothing of images. */
export { emulators } from './binfmt.ts';
export { CAPABILITY_NAMES, capabilityOf, capabilitySet } from './capabilities.ts';
export { removeAbandonedGroups } from './cgroup/group.ts';
export type { Limits } from './cgroup/limits.ts';
export { controllerStates } from './cgroup/state.ts';
export { type IsolatedNetwork, openNetwork } from './network/open.ts';
export { networkProviders } from './network/provider.ts';
export { networkState } from './network/state.ts';
export { type Probe, probe } from './probe/probe.ts';
export { sandboxUnavailable } from './probe/report.ts';
export { type RunningContainer, runSandbox, type SandboxIo } from './sandbox.ts';
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
export { enterUserNamespace } from './userns/enter.ts';
export { hasSingleId, inUserNamespace, needsUserNamespace } from './userns/identity.ts';
export { subordinateRanges } from './userns/subids.ts';
