import { constants } from 'node:os';
import { type ErrorCode, TsbuildError } from '../src/base/error.ts';
import type { Message } from './setup/messages.ts';
import type { SandboxExit } from './spec.ts';
import { systemError } from './syscall/errno.ts';
import type { Program } from './syscall/program.ts';
import { failureOf } from './syscall/run.ts';

const NOT_FOUND = 127;
const CANNOT_EXECUTE = 126;

const OTHER_DISK = 'put the store on another file system with --root DIR (ext4, xfs, btrfs or tmpfs; not an overlay)';
const NEWER_KERNEL = 'the sandbox needs Linux 5.12 or later, and 6.8 for images of very many layers';
const UNDER_READONLY =
  'nothing can be made there: a read-only mount covers the place. Make the directory in what is mounted, or mount that with rw';
const ALLOW = 'the machine denies it to this user: run as root, or allow unprivileged user namespaces';

/** What to do about a failure, by what failed and how. */
const HINTS: readonly [RegExp, readonly string[], string][] = [
  [/^mount overlay.*lowerdir\+/, ['EINVAL'], NEWER_KERNEL],
  [/^mount overlay/, ['EINVAL', 'ENOSYS', 'ENODEV'], OTHER_DISK],
  [/^mount on/, ['ENOENT'], UNDER_READONLY],
  [/sealed memory/, ['EACCES'], 'the machine forbids to execute memory: sysctl -w vm.memfd_noexec=1'],
  [/./, ['ENOSYS'], NEWER_KERNEL],
  [/^(unshare|fork|mount|make|pivot_root|install)/, ['EPERM', 'EACCES'], ALLOW],
  [
    /^(unshare|fork)/,
    ['ENOSPC', 'EAGAIN', 'EUSERS'],
    'a limit is reached: see /proc/sys/user/max_*_namespaces and ulimit -u',
  ],
  [/^set (user|group)|^setgroups/, ['EINVAL', 'EPERM'], 'the user namespace does not map this id: see /etc/subuid'],
];

/** The error of a sandbox that could not be set up. */
export function setupError(failure: Message, program: Program): TsbuildError {
  const cause = failureOf(program, failure.tag, failure.value);
  const what = cause.syscall ?? '';
  const name = cause.code ?? '';
  const hint = HINTS.find(([pattern, names]) => pattern.test(what) && names.includes(name))?.[2];
  return new TsbuildError(codeOf(what, name), cause.message, { hint, cause });
}

/**
 * The result of the command from its wait status (wait(2)).
 * @param attempts the errors of all attempts to execute it, where none succeeded
 */
export function commandExit(status: number, command: string, attempts: readonly number[] | undefined): SandboxExit {
  if (attempts !== undefined) return notExecuted(command, attempts);
  const signal = status & 0x7f;
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal: signalName(signal) };
}

/** As Docker: along the PATH only a file that can be executed counts as found. */
function notExecuted(command: string, attempts: readonly number[]): SandboxExit {
  const { ENOENT, ENOTDIR, EACCES } = constants.errno;
  const absent = command.includes('/') ? [ENOENT, ENOTDIR] : [ENOENT, ENOTDIR, EACCES];
  const reason = attempts.find((errno) => !absent.includes(errno));
  if (reason !== undefined) {
    return { code: CANNOT_EXECUTE, message: systemError(`exec ${JSON.stringify(command)}`, reason).message };
  }
  const why = command.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH';
  return { code: NOT_FOUND, message: `exec ${JSON.stringify(command)}: ${why}` };
}

function codeOf(what: string, errno: string): ErrorCode {
  if (errno === 'ENOSPC' && !/^(unshare|fork)/.test(what)) return 'NO_SPACE';
  return errno === 'ENOENT' && /^(open|chdir)/.test(what) ? 'NOT_FOUND' : 'SANDBOX';
}

function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return (found?.[0] ?? `SIGRTMIN+${number - 34}`) as NodeJS.Signals;
}
