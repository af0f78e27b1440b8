import type { SandboxSpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { Program } from '../syscall/program.ts';
import { enterWorkingDirectory, executeCommand, idle } from './command.ts';
import { mountRoot } from './copied-root.ts';
import { closeOthers } from './descriptors.ts';
import { mountDevices, openDeviceNodes } from './devices.ts';
import { CLONE, MOUNT_ATTR, MS } from './flags.ts';
import { forkFromInit } from './init.ts';
import { putMessage, sendMessage, TAG } from './messages.ts';
import { openMounts, placeEtc, placeMounts } from './mounts.ts';
import { joinNetwork, prepareNetwork } from './network.ts';
import { dropPrivileges, setLimits } from './privileges.ts';
import { dieWithParent, divide, startOuter } from './processes.ts';
import { enterRoot, isolateMounts, mountKernelFiles, openKernelTrees } from './rootfs.ts';
import { connectStreams, openStreams, type StreamPlan } from './streams.ts';
import { restrictMount, type Tree } from './trees.ts';

/** The program of a sandbox, in the order in which it happens. */
export function sandboxProgram(spec: SandboxSpec, plan: StreamPlan): Program {
  const program = new Program();
  startOuter(program);
  addSandbox(program, spec, plan);
  return program;
}

/** Adds everything behind the first process: the supervisor, and the container with its command. */
export function addSandbox(program: Program, spec: SandboxSpec, plan: StreamPlan): void {
  const streams = openStreams(program, plan);
  if (typeof spec.network === 'object') joinNetwork(program);
  divide(program, namespacesOf(spec), streams.terminal?.pump);
  dieWithParent(program);
  program.call(SYS.setsid, [], { what: 'setsid' });
  program.call(SYS.umask, [0]);
  // As long as /proc/sys can be written.
  if (spec.network === 'none') prepareNetwork(program);
  buildRoot(program, spec, streams.terminal?.tree);
  setIdentity(program, spec);
  connectStreams(program, streams, spec.user);
  closeOthers(program);
  enterWorkingDirectory(program, spec.cwd);
  dropPrivileges(program, spec);
  // A change of user has cleared it.
  dieWithParent(program);
  becomeCommand(program, spec);
}

function becomeCommand(program: Program, spec: SandboxSpec): void {
  sendMessage(program, putMessage(program, TAG.ready));
  if (spec.idle === true) {
    idle(program);
    return;
  }
  if (spec.init === true) forkFromInit(program);
  executeCommand(program, spec);
}

function namespacesOf(spec: SandboxSpec): number {
  const own = CLONE.newns | CLONE.newipc | CLONE.newuts;
  return spec.network === 'none' ? own | CLONE.newnet : own;
}

/** Mounts of our own come first: what a build may direct is mounted where nothing of ours follows. */
function buildRoot(program: Program, spec: SandboxSpec, terminals: Tree | undefined): void {
  isolateMounts(program);
  const kernel = openKernelTrees(program, spec.insecure === true);
  const nodes = openDeviceNodes(program);
  const mounts = openMounts(program, spec);
  const insecure = spec.insecure === true;
  mountRoot(program, spec.overlay, insecure ? 0 : MS.nodev);
  enterRoot(program);
  mountDevices(program, nodes, { shmSize: spec.shmSize, insecure, terminals });
  mountKernelFiles(program, kernel, insecure);
  placeEtc(program, mounts);
  placeMounts(program, mounts, spec.tmpfs ?? []);
  if (spec.readonlyRoot === true) restrictMount(program, '/', MOUNT_ATTR.rdonly);
}

function setIdentity(program: Program, spec: SandboxSpec): void {
  const name = Buffer.from(spec.hostname);
  program.call(SYS.sethostname, [program.bytes(name), name.length], { what: `sethostname ${spec.hostname}` });
  setLimits(program, spec.ulimits ?? []);
}
