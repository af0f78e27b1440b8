import type { SandboxSpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { Program } from '../syscall/program.ts';
import { enterWorkingDirectory, executeCommand } from './command.ts';
import { closeOthers, connect, openPipe, type Pipe } from './descriptors.ts';
import { mountDevices, openDeviceNodes } from './devices.ts';
import { CLONE, MOUNT_ATTR, MS } from './flags.ts';
import { TAG } from './messages.ts';
import { openMounts, placeEtc, placeMounts } from './mounts.ts';
import { joinNetwork, raiseLoopback } from './network.ts';
import { mountOverlay } from './overlay.ts';
import { dropPrivileges, setLimits } from './privileges.ts';
import { dieWithParent, divide, startOuter } from './processes.ts';
import { enterRoot, isolateMounts, mountKernelFiles, openKernelTrees } from './rootfs.ts';
import { restrictMount } from './trees.ts';

/** Which of the container's streams become pipes; the others are what the launcher was spawned with. */
export interface OutputPlan {
  stdout: boolean;
  stderr: boolean;
}

/** The program of a sandbox, in the order in which it happens. */
export function sandboxProgram(spec: SandboxSpec, output: OutputPlan): Program {
  const program = new Program();
  startOuter(program);
  addSandbox(program, spec, output);
  return program;
}

/** Adds everything behind the first process: the supervisor, and the container with its command. */
export function addSandbox(program: Program, spec: SandboxSpec, output: OutputPlan): void {
  const stdout = output.stdout ? openPipe(program, TAG.stdout) : undefined;
  const stderr = output.stderr ? openPipe(program, TAG.stderr) : undefined;
  if (typeof spec.network === 'object') joinNetwork(program);
  divide(program, namespacesOf(spec));
  dieWithParent(program);
  program.call(SYS.setsid, [], { what: 'setsid' });
  program.call(SYS.umask, [0]);
  buildRoot(program, spec);
  setIdentity(program, spec);
  connectOutput(program, spec, stdout, stderr);
  closeOthers(program);
  enterWorkingDirectory(program, spec.cwd);
  dropPrivileges(program, spec);
  // A change of user has cleared it.
  dieWithParent(program);
  executeCommand(program, spec);
}

function namespacesOf(spec: SandboxSpec): number {
  const own = CLONE.newns | CLONE.newipc | CLONE.newuts;
  return spec.network === 'none' ? own | CLONE.newnet : own;
}

/** Mounts of our own come first: what a build may direct is mounted where nothing of ours follows. */
function buildRoot(program: Program, spec: SandboxSpec): void {
  isolateMounts(program);
  const kernel = openKernelTrees(program, spec.insecure === true);
  const nodes = openDeviceNodes(program);
  const mounts = openMounts(program, spec);
  const insecure = spec.insecure === true;
  mountOverlay(program, spec.overlay, insecure ? 0 : MS.nodev);
  enterRoot(program);
  mountDevices(program, nodes, { shmSize: spec.shmSize, insecure });
  mountKernelFiles(program, kernel, insecure);
  placeEtc(program, mounts);
  placeMounts(program, mounts, spec.tmpfs ?? []);
  if (spec.readonlyRoot === true) restrictMount(program, '/', MOUNT_ATTR.rdonly);
}

function setIdentity(program: Program, spec: SandboxSpec): void {
  const name = Buffer.from(spec.hostname);
  program.call(SYS.sethostname, [program.bytes(name), name.length], { what: `sethostname ${spec.hostname}` });
  if (spec.network === 'none') raiseLoopback(program);
  setLimits(program, spec.ulimits ?? []);
}

function connectOutput(program: Program, spec: SandboxSpec, stdout: Pipe | undefined, stderr: Pipe | undefined): void {
  if (stdout !== undefined) connect(program, stdout, 1, spec.user);
  if (stderr !== undefined) connect(program, stderr, 2, spec.user);
}
