import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { closeOnExec } from '../setup/descriptors.ts';
import { CLONE } from '../setup/flags.ts';
import { prepareNetwork } from '../setup/network.ts';
import { startOuter } from '../setup/processes.ts';
import { newProgram } from '../syscall/batch.ts';
import { hold } from '../syscall/hold.ts';
import { SYS } from '../syscall/numbers.ts';
import { type Launcher, startLauncher } from '../syscall/run.ts';
import { type NetworkProvider, networkProviders } from './provider.ts';

/** A network namespace with a way out, and none to the loopback of the host. Any number of sandboxes may use it. */
export interface IsolatedNetwork {
  /** An open descriptor of the namespace. */
  namespace: number;
  provider: NetworkProvider;
  close(): void;
}

/** How long a provider may take to set up the namespace, and how often we look, in milliseconds. */
const TIMEOUT = 5000;
const INTERVAL = 3;
/** What the provider finds the namespace as: the first descriptor that is handed to it. */
const DESCRIPTOR = 5;
/** What providers make their interfaces with. */
const TUN = '/dev/net/tun';

/** Makes a namespace and lets the first provider that can connect it. SANDBOX where none can. */
export async function openNetwork(providers = networkProviders()): Promise<IsolatedNetwork> {
  const holder = await startHolder();
  const namespace = openSync(`/proc/${holder.pid}/ns/net`, 'r');
  const problems: string[] = [];
  try {
    for (const provider of providers) {
      const outcome = await connect(provider, namespace, holder.pid);
      if (typeof outcome !== 'string') return { namespace, provider, close: () => close(namespace, outcome) };
      problems.push(`${provider.name}: ${outcome}`);
    }
  } finally {
    holder.control.end();
  }
  closeSync(namespace);
  throw new TsbuildError('SANDBOX', 'no program connects a network of its own', {
    notes: problems,
    hint: `${deviceProblem() ?? 'install the package passt or slirp4netns'}, or use the network of the host: --network=host`,
  });
}

/** What keeps every provider from working: udev opens the device to all users, and not every machine has udev. */
function deviceProblem(): string | undefined {
  try {
    closeSync(openSync(TUN, 'r+'));
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM')) return `open ${TUN} to this user (as root: chmod 666 ${TUN})`;
    if (isErrno(error, 'ENOENT', 'ENXIO', 'ENODEV')) return `give the machine ${TUN} (as root: modprobe tun)`;
  }
  return undefined;
}

function close(namespace: number, provider: Launcher): void {
  provider.child.kill('SIGKILL');
  closeSync(namespace);
}

/** A process in a new namespace, which ends when nothing more comes over descriptor 3. */
async function startHolder(): Promise<Launcher> {
  const program = newProgram();
  startOuter(program);
  program.call(SYS.unshare, [CLONE.newnet], { what: 'unshare the network' });
  prepareNetwork(program);
  const holder = await hold(program);
  if (holder !== undefined) return holder;
  throw new TsbuildError('SANDBOX', 'the machine denies a network namespace', { hint: 'use --network=host' });
}

/** Starts a provider, which dies with us, and waits until the namespace has a route; or says why it gets none. */
async function connect(provider: NetworkProvider, namespace: number, holder: number): Promise<Launcher | string> {
  const program = newProgram();
  startOuter(program);
  closeOnExec(program);
  const argv = program.strings([provider.path, ...provider.args(DESCRIPTOR)]);
  program.call(SYS.execve, [program.string(provider.path), argv, program.strings([])], { what: 'execute' });
  const launcher = await startLauncher(program, ['ignore', 'ignore', 'pipe'], { descriptors: [namespace] });
  let said = '';
  launcher.child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-1000);
  });
  let ended = false;
  launcher.ended.then(() => {
    ended = true;
  });
  for (const end = Date.now() + TIMEOUT; Date.now() < end && !ended; ) {
    if (hasRoute(holder)) {
      // Nothing of it keeps this process from ending.
      launcher.child.unref();
      for (const stream of [launcher.control, launcher.reports, launcher.child.stderr]) unref(stream);
      return launcher;
    }
    await delay(INTERVAL);
  }
  launcher.child.kill('SIGKILL');
  await launcher.ended;
  return said.trim().split('\n').at(-1) || (ended ? 'it ended' : `no route after ${TIMEOUT} ms`);
}

function unref(stream: unknown): void {
  (stream as { unref?: () => void } | null)?.unref?.();
}

/** A line below the heading. */
function hasRoute(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/net/route`, 'latin1').trim().includes('\n');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EINVAL')) return false;
    throw error;
  }
}
