import { mountRoot } from '../setup/copied-root.ts';
import { closeOnExec, openPipe } from '../setup/descriptors.ts';
import { makeDeviceNodes, NODES, openDeviceNodes } from '../setup/devices.ts';
import { AT, CLONE, MOUNT_ATTR, MS, O, SIGNAL } from '../setup/flags.ts';
import { putMessage, sendMessage, TAG } from '../setup/messages.ts';
import { type OpenMounts, openMounts } from '../setup/mounts.ts';
import { joinNetwork, prepareNetwork } from '../setup/network.ts';
import { dieWithParent, divide, startOuter } from '../setup/processes.ts';
import { isolateMounts } from '../setup/rootfs.ts';
import { connectStreams, openPipes, type StreamPlan } from '../setup/streams.ts';
import { openTree, placeTree, restrictMount, type Tree } from '../setup/trees.ts';
import type { SandboxSpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { type Address, at, type Label, Program } from '../syscall/program.ts';
import { inUserNamespace } from '../userns/identity.ts';
import { ociConfig, type PlacedTree } from './config.ts';
import type { OciRuntime } from './runtime.ts';

/** The name of the container in the runtime's own state, which nobody else sees. */
const NAME = 'step';
/** Where the runtime finds the pipe for its log, and the first descriptor behind. */
const LOG = 5;
const FIRST_OTHER = 6;
const LAST = 0xffff_ffff;
const WNOHANG = 1;
const WUNTRACED = 2;

/**
 * The program of a cell: processes and mounts of our own, in which an OCI runtime makes the container. The runtime
 * finds the root mounted and everything from the host opened; it makes no control group. Its bundle and its state are
 * in memory, so nothing of them is left, whoever is killed. The first process of the cell starts the runtime, inherits
 * the container from it, and reports how that ends.
 */
export function cellProgram(spec: SandboxSpec, plan: StreamPlan, runtime: OciRuntime): Program {
  const program = new Program();
  startOuter(program);
  const streams = openPipes(program, plan);
  const log = openPipe(program, TAG.runtimeLog);
  if (typeof spec.network === 'object') joinNetwork(program);
  divide(program, spec.network === 'none' ? CLONE.newns | CLONE.newnet : CLONE.newns);
  dieWithParent(program);
  program.call(SYS.setsid, [], { what: 'setsid' });
  program.call(SYS.umask, [0]);
  if (spec.network === 'none') prepareNetwork(program);
  isolateMounts(program);
  openBundle(program, spec);
  connectStreams(program, streams, spec.user);
  takeOwnNull(program);
  program.call(SYS.dup3, [at(log.writer), LOG, 0], { what: 'connect the log' });
  program.call(SYS.close_range, [FIRST_OTHER, LAST, 0], { what: 'close_range' });
  closeOnExec(program);
  runContainer(program, runtime, spec.insecure === true);
  return program;
}

/** Makes the bundle and enters it: a file system in memory over the work directory, which the overlay holds already. */
function openBundle(program: Program, spec: SandboxSpec): void {
  const nodes = inUserNamespace() ? [] : openDeviceNodes(program);
  const opened = openMounts(program, spec);
  if (nodes.length > 0) makeDeviceNodes(program, nodes);
  mountRoot(program, spec.overlay, spec.insecure ? 0 : MS.nodev);
  const rootfs = openTree(program, '.', { recursive: false });
  closeHost(program);
  mountOwnKernelFiles(program);
  program.call(SYS.chdir, [program.string(spec.overlay.directory)], { what: `chdir ${spec.overlay.directory}` });
  const [type, bundle] = [program.string('tmpfs'), program.string(spec.overlay.work)];
  const flags = MS.nosuid | MS.nodev | MS.noexec;
  program.call(SYS.mount, [type, bundle, type, flags, program.string('mode=0711')], { what: 'mount the bundle' });
  program.call(SYS.chdir, [bundle], { what: 'enter the bundle' });
  program.call(SYS.mkdirat, [AT.fdcwd, program.string('rootfs'), 0o755], { what: 'create rootfs' });
  placeTree(program, rootfs, 'rootfs', { follow: false });
  const trees = [...devices(nodes), ...attributed(opened)].map(({ tree, ...rest }, index) => ({
    ...rest,
    source: placeInBundle(program, tree, index),
  }));
  writeConfig(program, spec, trees);
}

/**
 * All that is the host's becomes read-only in the cell, behind what has been opened for the container. A runtime makes
 * mount points by their paths while the host's root is still its own: where another process exchanges a part of such a
 * path for a link, what it makes could land outside. Its own program cannot be overwritten from inside either.
 */
function closeHost(program: Program): void {
  restrictMount(program, '/', MOUNT_ATTR.rdonly, { recursive: true });
}

type AttributedTree = Omit<PlacedTree, 'source'> & { tree: Tree };

/** In a user namespace, where nobody could make others, the runtime binds the host's nodes itself. */
function devices(nodes: readonly Tree[]): AttributedTree[] {
  return nodes.map((tree, index) => ({
    tree,
    target: `/dev/${NODES[index]?.[0]}`,
    attributes: ['nosuid', 'noexec'] as const,
  }));
}

/**
 * Nothing comes over standard input, also where it has been the host's /dev/null: a runtime gives the streams to the
 * user of the container, and what is the host's would get another owner.
 */
function takeOwnNull(program: Program): void {
  const file = program.reserve(8);
  const what = 'open standard input';
  const path = inUserNamespace() ? '/dev/null' : placeOf(NODES.findIndex(([name]) => name === 'null'));
  program.call(SYS.openat, [AT.fdcwd, program.string(path), O.cloexec, 0], { what, store: file });
  program.call(SYS.dup3, [at(file), 0, 0], { what });
}

/** Where the tree with this number is, in the bundle. */
function placeOf(index: number): string {
  return `m${index}`;
}

/** All trees, with the attributes that they were opened with. */
function attributed({ etc, binds, files }: OpenMounts): AttributedTree[] {
  return [
    ...etc.map((file) => ({ ...file, attributes: ['nodev', 'ro'] as const })),
    ...binds.map(({ tree, mount: { target, readonly } }) => {
      const attributes = readonly ? (['nodev', 'ro'] as const) : (['nodev'] as const);
      return { tree, target, attributes };
    }),
    ...files.map((file) => ({ ...file, attributes: ['nosuid', 'nodev', 'noexec', 'ro'] as const })),
  ];
}

/** The runtime looks for its own processes, and takes what is at the place of control groups as it is. */
function mountOwnKernelFiles(program: Program): void {
  const [proc, path] = [program.string('proc'), program.string('/proc')];
  program.call(SYS.mount, [proc, path, proc, MS.nosuid | MS.nodev | MS.noexec, 0], { what: 'mount proc in the cell' });
  // Where none can be mounted, the runtime has to do with what the machine has.
  const [cgroup, place] = [program.string('cgroup2'), program.string('/sys/fs/cgroup')];
  program.call(SYS.mount, [cgroup, place, cgroup, MS.rdonly | MS.nosuid | MS.nodev | MS.noexec, 0], { failed: 'next' });
}

const S_IFREG = 0o100000;

/** On a directory, or where that is a file, on a file. */
function placeInBundle(program: Program, tree: Tree, index: number): string {
  const path = placeOf(index);
  const name = program.string(path);
  const [isFile, done] = [program.label(), program.label()];
  program.call(SYS.mkdirat, [AT.fdcwd, name, 0o755], { what: `create ${path}` });
  placeTree(program, tree, path, { follow: false, failed: isFile, expected: 'EINVAL' });
  program.jump(done);
  program.place(isFile);
  program.call(SYS.unlinkat, [AT.fdcwd, name, AT.removedir], { what: `remove ${path}` });
  program.call(SYS.mknodat, [AT.fdcwd, name, S_IFREG | 0o644, 0], { what: `create ${path}` });
  placeTree(program, tree, path, { follow: false });
  program.place(done);
  return path;
}

function writeConfig(program: Program, spec: SandboxSpec, trees: readonly PlacedTree[]): void {
  const content = Buffer.from(ociConfig(spec, trees));
  const file = program.reserve(8);
  const flags = O.creat | O.excl | O.wronly | O.cloexec;
  const what = 'write the bundle';
  program.call(SYS.openat, [AT.fdcwd, program.string('config.json'), flags, 0o600], { what, store: file });
  program.call(SYS.write, [at(file), program.bytes(content), content.length], { what });
}

/** Created and started in two steps: between them whatever the runtime leaves behind but the container has ended. */
function runContainer(program: Program, runtime: OciRuntime, insecure: boolean): void {
  const status = putMessage(program, TAG.commandStatus);
  const failure = putMessage(program, TAG.runtimeFailed);
  const [failed, again] = [program.label(), program.label()];
  callRuntime(program, runtime, ['create', '--bundle', '.', NAME], { failure, failed });
  program.place(again);
  program.call(SYS.wait4, [-1, 0, WNOHANG, 0], { failed: 'next', positive: again });
  const container = findContainer(program);
  if (!insecure) forbidDevices(program, container, { failure, failed });
  sendMessage(program, putMessage(program, TAG.ready));
  callRuntime(program, runtime, ['start', NAME], { failure, failed });
  program.call(SYS.wait4, [at(container), status, 0, 0], { what: 'wait for the container' });
  sendMessage(program, status);
  program.call(SYS.exit, [0]);
  program.place(failed);
  sendMessage(program, failure);
  program.call(SYS.exit, [1]);
}

/** The process that waits to become the command, our only child: the kernel tells its number once it is stopped. */
function findContainer(program: Program): Address {
  const container = program.reserve(8);
  const what = 'find the container';
  program.call(SYS.kill, [-1, SIGNAL.stop], { what });
  program.call(SYS.wait4, [-1, 0, WUNTRACED, 0], { what, store: container });
  program.call(SYS.kill, [at(container), SIGNAL.cont], { what });
  return container;
}

/** No device node in the container's root can be opened, also if the runtime has mounted it again without that. */
function forbidDevices(program: Program, container: Address, outcome: Outcome): void {
  const [child, pidfd] = [program.reserve(8), program.reserve(8)];
  const parent = program.label();
  program.call(SYS.clone, [SIGNAL.chld], { what: 'fork', store: child, positive: parent });
  program.call(SYS.pidfd_open, [at(container), 0], { what: 'pidfd_open', store: pidfd });
  program.call(SYS.setns, [at(pidfd), CLONE.newns], { what: "enter the container's mounts" });
  restrictMount(program, '/', MOUNT_ATTR.nodev);
  program.call(SYS.exit, [0]);
  program.place(parent);
  waitFor(program, child, outcome);
}

/** Where to go on, and where to leave the wait status, when a process does not succeed. */
interface Outcome {
  failure: Address;
  failed: Label;
}

function waitFor(program: Program, child: Address, { failure, failed }: Outcome): void {
  program.call(SYS.wait4, [at(child), failure, 0, 0], { what: 'wait for a process of the cell' });
  program.jumpIfDifferent(at(failure), 0, failed);
}

/** Goes on at `failed` with the wait status at `failure` where the runtime does not succeed. */
function callRuntime(program: Program, { path, options }: OciRuntime, args: readonly string[], outcome: Outcome): void {
  const child = program.reserve(8);
  const parent = program.label();
  const argv = [path, '--root', 'state', '--log', `/proc/self/fd/${LOG}`, '--log-format', 'json', ...options, ...args];
  program.call(SYS.clone, [SIGNAL.chld], { what: 'fork the runtime', store: child, positive: parent });
  const vectors = [program.strings(argv), program.strings([`PATH=${process.env.PATH ?? ''}`])];
  program.call(SYS.execve, [program.string(path), ...vectors], { what: `execute ${path}` });
  program.place(parent);
  waitFor(program, child, outcome);
}
