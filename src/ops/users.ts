import { readFileSync } from 'node:fs';
import { type BytePath, fsPath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import type { Tree } from '../snapshot/tree.ts';

/** The identity that a process runs with. */
export interface ProcessUser {
  uid: number;
  gid: number;
  /** The supplementary ones; `gid` is the first of them, so that leaving it is no way around a file's mode. */
  groups: readonly number[];
  home: string;
}

export interface Owner {
  uid: number;
  gid: number;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

interface GroupEntry {
  name: string;
  gid: number;
  members: readonly string[];
}

/** What a file of accounts holds; nothing where it is missing, too large or no file. */
export type ReadAccounts = (path: BytePath) => string;

const MAX_ID = 0xffff_fffe;
/** The supplementary groups that the kernel gives a process (NGROUPS_MAX). */
const MAX_GROUPS = 65_536;
/** Files of accounts are small; a base image that says otherwise is not read. */
export const MAX_ACCOUNTS_SIZE = 4 * 1024 * 1024;

/**
 * Resolves USER in a root filesystem: `name`, `uid`, `name:group`, `uid:gid`. Without a group the primary and the
 * supplementary groups are those of the account; a group given drops the supplementary ones. A number need not have
 * an account, and then has group 0. Without a user it is root.
 */
export function resolveUser(root: Tree, user: string | undefined): ProcessUser {
  return findUser(accountsIn(root), user);
}

/** As `resolveUser`, with files of accounts that are read in another way. */
export function findUser(root: ReadAccounts, user: string | undefined): ProcessUser {
  const { name, group } = parts(user ?? '');
  const account = findAccount(passwdOf(root), name);
  const uid = account?.uid ?? numericId(name);
  if (uid === undefined) throw unknown('user', name, '/etc/passwd');
  const home = account?.home || '/';
  if (group !== undefined && group !== '') {
    const gid = resolveGroup(root, group);
    return { uid, gid, groups: [gid], home };
  }
  const others = account === undefined ? [] : supplementaryGroups(root, account);
  const gid = account?.gid ?? 0;
  const groups = [gid, ...others];
  if (groups.length > MAX_GROUPS) throw new TsbuildError('INVALID', `user ${name} is in ${groups.length} groups`);
  return { uid, gid, groups, home };
}

/** What stands before the first colon, where nothing means root, and behind it. */
function parts(text: string): { name: string; group: string | undefined } {
  const colon = text.indexOf(':');
  if (colon < 0) return { name: text || '0', group: undefined };
  return { name: text.slice(0, colon) || '0', group: text.slice(colon + 1) };
}

/**
 * The user that a process can have on this machine. In a user namespace with a single id that is root, as is every
 * file; the home stays that of the user who was meant.
 */
export function possibleUser(
  user: ProcessUser,
  { singleUid, onOwnershipLost }: { singleUid: boolean; onOwnershipLost: () => void },
): ProcessUser {
  if (!singleUid) return user;
  if (user.uid !== 0 || user.gid !== 0) onOwnershipLost();
  return { ...user, uid: 0, gid: 0, groups: [] };
}

/**
 * Resolves `--chown`: as USER, but a number alone is both the user and the group, and root needs no account; `:group`
 * leaves the user root, and `user:` the group.
 */
export function resolveOwner(tree: Tree, owner: string): Owner {
  const root = accountsIn(tree);
  const { name: user, group } = parts(owner);
  const id = ownerId(user);
  const account = id === undefined ? findAccount(passwdOf(root), user) : undefined;
  const uid = id ?? account?.uid;
  if (uid === undefined) throw unknown('user', user, '/etc/passwd');
  if (group === undefined) return { uid, gid: account?.gid ?? uid };
  return { uid, gid: group === '' ? 0 : resolveGroup(root, group) };
}

function ownerId(name: string): number | undefined {
  return name === 'root' ? 0 : numericId(name);
}

function resolveGroup(root: ReadAccounts, group: string): number {
  const gid = ownerId(group) ?? groupsOf(root).find((entry) => entry.name === group)?.gid;
  if (gid === undefined) throw unknown('group', group, '/etc/group');
  return gid;
}

function supplementaryGroups(root: ReadAccounts, account: PasswdEntry): number[] {
  return groupsOf(root)
    .filter((group) => group.gid !== account.gid && group.members.includes(account.name))
    .map((group) => group.gid);
}

function findAccount(accounts: readonly PasswdEntry[], user: string): PasswdEntry | undefined {
  const id = numericId(user);
  return accounts.find((account) => account.name === user) ?? accounts.find((account) => account.uid === id);
}

function numericId(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}

function passwdOf(root: ReadAccounts): PasswdEntry[] {
  return linesOf(root, 'etc/passwd').flatMap(([name = '', , uid = '', gid = '', , home = '']) => {
    const user = numericId(uid);
    const group = numericId(gid);
    return user === undefined || group === undefined ? [] : [{ name, uid: user, gid: group, home }];
  });
}

function groupsOf(root: ReadAccounts): GroupEntry[] {
  return linesOf(root, 'etc/group').flatMap(([name = '', , id = '', members = '']) => {
    const gid = numericId(id);
    return gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}

function linesOf(read: ReadAccounts, path: BytePath): string[][] {
  return read(path)
    .split('\n')
    .map((line) => line.split(':'));
}

function accountsIn(root: Tree): ReadAccounts {
  return (path) => {
    const { entry } = resolvePath(root, path, { followLast: true });
    if (entry?.type !== 'file' || entry.size > MAX_ACCOUNTS_SIZE) return '';
    return readFileSync(fsPath(entry.hostPath), 'utf8');
  };
}

function unknown(kind: 'user' | 'group', name: string, file: string): TsbuildError {
  return new TsbuildError('NOT_FOUND', `unable to find ${kind} ${name}: no matching entry in ${file} of the image`, {
    hint: `add the ${kind} in a RUN before this line, or use a number`,
  });
}
