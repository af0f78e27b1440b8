/** Processes, namespaces and mounts; nothing of images. */
export { type RunningContainer, runSandbox, type SandboxIo } from './sandbox.ts';
export {
  type BindMount,
  type OverlaySpec,
  type SandboxExit,
  type SandboxSpec,
  type SandboxUser,
  SKELETON,
  type TmpfsMount,
  type Ulimit,
} from './spec.ts';
