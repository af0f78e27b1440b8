import { hasSingleId, inUserNamespace, subordinateRanges } from '../../runner/index.ts';
import { findProgram } from '../base/find-program.ts';
import type { Finding, Patient } from './finding.ts';
import { asRoot, installCommand } from './packages.ts';

/** How many users there are in a sandbox. */
export function examineIds({ uid }: Patient): Finding {
  const name = 'user ids';
  if (uid === 0 && !inUserNamespace()) return { name, status: 'ok', detail: 'root: all ids' };
  if (inUserNamespace() && !hasSingleId())
    return { name, status: 'ok', detail: 'a user namespace with a range of ids' };
  const detail = "one id only: every file is root's, and USER cannot name another";
  return { name, status: 'limited', detail, fix: missingFor(uid) };
}

function missingFor(uid: number): string {
  const steps: string[] = [];
  if (findProgram('newuidmap') === undefined) steps.push(installCommand('uidmap', uid));
  for (const [file, option] of [
    ['/etc/subuid', '--add-subuids'],
    ['/etc/subgid', '--add-subgids'],
  ] as const) {
    if (subordinateRanges(file, uid).length > 0) continue;
    steps.push(asRoot(`usermod ${option} 100000-165535 "$(id -un ${uid})"`, uid));
  }
  return steps.length > 0 ? steps.join(' && ') : 'see that newuidmap and newgidmap are set-user-id root';
}
