import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { uniqueName } from '../../src/base/atomic.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { lock } from '../syscall/locks.ts';
import { groupParents, type Hierarchy, hierarchyOf } from './hierarchy.ts';
import { controllersOf, type Limits, settingsOf } from './limits.ts';

const PREFIX = 'tsbuild-';
/** Processes that have ended leave their group a moment later. */
const REMOVE_ATTEMPTS = 100;
const REMOVE_INTERVAL = 10;

/** A group of another user's is theirs to remove. */
const REFUSED = ['EACCES', 'EPERM', 'EROFS'];

interface Made {
  directory: string;
  /** Locked, so that whoever looks for abandoned groups leaves it alone. */
  fd: number;
}

/** The control groups of one container: one in each hierarchy that its limits need. */
export class ControlGroup {
  readonly #groups: Made[] = [];

  /** Makes the groups with their limits; SANDBOX where the machine does not let us. */
  static async create(limits: Limits): Promise<ControlGroup> {
    await removeAbandonedGroups();
    const group = new ControlGroup();
    const name = uniqueName(PREFIX);
    try {
      for (const { parent, version } of hierarchiesOf(limits)) await group.#make(join(parent, name), version, limits);
      return group;
    } catch (error) {
      await group.remove();
      throw error;
    }
  }

  /** Puts a process and all that it will start into the groups. */
  add(pid: number): void {
    for (const { directory } of this.#groups) writeFileSync(join(directory, 'cgroup.procs'), String(pid));
  }

  /** Whether the kernel has killed a process because of the limit on memory. */
  ranOutOfMemory(): boolean {
    return this.#groups.some(({ directory }) =>
      ['memory.oom_control', 'memory.events'].some((file) => /^oom_kill [1-9]/m.test(readIfThere(directory, file))),
    );
  }

  async remove(): Promise<void> {
    for (const { directory, fd } of this.#groups.splice(0)) {
      await removeGroup(directory);
      closeSync(fd);
    }
  }

  async #make(directory: string, version: 1 | 2, limits: Limits): Promise<void> {
    mkdirOrExplain(directory);
    const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    this.#groups.push({ directory, fd });
    await lock(fd, 'exclusive', true);
    const controllers = new Set(controllersIn(directory));
    if (version === 1 && controllers.has('cpuset')) inheritCpuset(directory);
    for (const { controller, file, value, optional } of settingsOf(limits, version)) {
      if (version === 1 && !controllers.has(controller)) continue;
      writeSetting(join(directory, file), value, optional === true);
    }
  }
}

/** Removes the groups of processes that have died before they could: those whose lock can be taken, and that are ours. */
export async function removeAbandonedGroups(): Promise<void> {
  for (const parent of groupParents()) {
    for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
      await removeIfAbandoned(join(parent, name));
    }
  }
}

async function removeIfAbandoned(directory: string): Promise<void> {
  let fd: number;
  try {
    fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, 'ENOENT', ...REFUSED)) return;
    throw error;
  }
  try {
    if (await lock(fd, 'exclusive', false)) rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EBUSY', ...REFUSED)) throw error;
  } finally {
    closeSync(fd);
  }
}

function hierarchiesOf(limits: Limits): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const controller of controllersOf(limits)) {
    const hierarchy = hierarchyOf(controller);
    if (hierarchy === undefined) throw unavailable(controller);
    found.set(hierarchy.parent, hierarchy);
  }
  return [...found.values()];
}

/** Of a group of version 1, by the files it has. */
function controllersIn(directory: string): string[] {
  return readdirSync(directory).map((name) => name.slice(0, name.indexOf('.')));
}

/** A new group of version 1 has neither processors nor memory, and takes no process before it has. */
function inheritCpuset(directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const own = join(directory, file);
    if (readFileSync(own, 'latin1').trim() === '') writeFileSync(own, readFileSync(join(directory, '..', file)));
  }
}

function writeSetting(path: string, value: string, optional: boolean): void {
  try {
    writeFileSync(path, value);
  } catch (error) {
    if (optional && isErrno(error, 'ENOENT', 'EACCES')) return;
    if (!isErrno(error, 'EINVAL', 'ERANGE', 'EACCES', 'ENOENT')) throw error;
    const file = path.slice(path.lastIndexOf('/') + 1);
    throw new TsbuildError('INVALID', `the kernel refuses ${JSON.stringify(value)} as ${file}: ${error.code}`, {
      cause: error,
      hint: 'choose a limit that this machine can keep',
    });
  }
}

function mkdirOrExplain(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    throw new TsbuildError('SANDBOX', `limits need a control group, and ${directory} cannot be made: ${error.code}`, {
      cause: error,
      hint: 'run as root, or in a cgroup that is delegated to this user (systemd-run --user --scope -p Delegate=yes …)',
    });
  }
}

function unavailable(controller: string): TsbuildError {
  return new TsbuildError('SANDBOX', `this machine has no control groups that limit ${controller} for us`, {
    hint: 'leave the limit out, or run as root where /sys/fs/cgroup is writable',
  });
}

async function removeGroup(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return;
      if (!isErrno(error, 'EBUSY') || attempt === REMOVE_ATTEMPTS) throw error;
      await delay(REMOVE_INTERVAL);
    }
  }
}

function readIfThere(directory: string, file: string): string {
  try {
    return readFileSync(join(directory, file), 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
