/** What a sandbox needs, in the order in which it is asked for, and how the entries of its program are called. */
const STAGES: readonly [name: string, what: RegExp][] = [
  ['launcher', /^run the launcher/],
  ['user namespace', /^(unshare the user|set (user|group) 0$|setgroups$)/],
  ['namespaces', /^(unshare|fork|pidfd|poll|setsid|prctl|make \/)/],
  ['proc', /^(mount|open) (on )?\/?proc$/],
  ['sysfs', /^(mount|open) (on )?\/?sys(fs)?$/],
  ['overlay', /^(mount overlay|enter the overlay|fsopen overlay|chdir|mount the copied|enter the copied)/],
  ['root', /^(pivot_root|umount)/],
  ['devices', /(\/dev|devpts|mqueue)/],
  ['masks', /^(mask|bind|mount_setattr)/],
  ['seccomp', /seccomp/],
];

const LAST = 'start a program';

/** The names of all stages; the first only where a user namespace is needed. */
export function stageNames(withUserNamespace: boolean): string[] {
  const names = [...STAGES.map(([name]) => name), LAST];
  return withUserNamespace ? names : names.filter((name) => name !== 'user namespace');
}

/** The stage that an entry belongs to. */
export function stageOf(what: string): string {
  return STAGES.find(([, pattern]) => pattern.test(what))?.[0] ?? LAST;
}
