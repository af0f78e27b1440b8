/** Processes, namespaces and mounts; nothing of images. */
export { emulators } from './binfmt.ts';
export { type Probe, probe } from './probe/probe.ts';
export { sandboxUnavailable } from './probe/report.ts';
export { type RunningContainer, runSandbox, type SandboxIo } from './sandbox.ts';
export {
  type BindMount,
  type MemoryFile,
  type OverlaySpec,
  type SandboxExit,
  type SandboxSpec,
  SKELETON,
  type TmpfsMount,
} from './spec.ts';
export { enterUserNamespace } from './userns/enter.ts';
export { hasSingleId, inUserNamespace, needsUserNamespace } from './userns/identity.ts';
