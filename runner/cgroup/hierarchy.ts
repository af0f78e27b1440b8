import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from '../../src/base/error.ts';
import type { Controller } from './limits.ts';

const ROOT = '/sys/fs/cgroup';

/** Where groups with a controller are made. */
export interface Hierarchy {
  version: 1 | 2;
  /** The group that ours is made in. */
  parent: string;
}

/** The hierarchy of a controller; undefined where the machine has none that groups of ours can be made in. */
export function hierarchyOf(controller: Controller): Hierarchy | undefined {
  const groups = ownGroups();
  const path = groups.get(controller);
  if (path !== undefined) {
    const root = join(ROOT, controller);
    const parent = [join(root, path), root].find((group) => existsSync(join(group, 'cgroup.procs')));
    return parent === undefined ? undefined : { version: 1, parent };
  }
  const unified = groups.get('');
  const parent = unified === undefined ? undefined : delegating(join(ROOT, unified), controller);
  return parent === undefined ? undefined : { version: 2, parent };
}

/** The parents of groups that exist whatever is limited: for finding groups that nobody has removed. */
export function groupParents(): string[] {
  const controllers: Controller[] = ['memory', 'cpu', 'cpuset', 'pids'];
  return [...new Set(controllers.flatMap((controller) => hierarchyOf(controller)?.parent ?? []))];
}

/** The groups of this process by controller (proc_pid_cgroup(5)); that of version 2 has no name. */
function ownGroups(): Map<string, string> {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').trim().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, controllers = '', ...path] = line.split(':');
      return controllers.split(',').map((controller): [string, string] => [controller, path.join(':')]);
    }),
  );
}

/**
 * The nearest group from here up that gives the controller to groups in it. One that has processes cannot, unless it is
 * the root.
 */
function delegating(group: string, controller: Controller): string | undefined {
  for (let at = group; at.startsWith(ROOT); at = dirname(at)) {
    try {
      if (!readFileSync(join(at, 'cgroup.controllers'), 'latin1').split(/\s+/).includes(controller)) continue;
      writeFileSync(join(at, 'cgroup.subtree_control'), `+${controller}`);
      return at;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    }
  }
  return undefined;
}
