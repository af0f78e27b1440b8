import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { TsbuildError } from '../base/error.ts';

/** More than git says of the files of any repository. */
const MAX_OUTPUT = 1024 * 1024 * 1024;

/** A git repository with a work tree. */
export interface Repository {
  /** The root of the work tree: absolute, without links. */
  top: string;
  /** Runs git there. INVALID with what git says where it fails. */
  git: (args: readonly string[], options?: GitOptions) => Buffer;
}

interface GitOptions {
  input?: Buffer;
  /** The index file, where it is not the repository's own. */
  index?: string;
}

/** Finds the repository that a directory is in. NOT_FOUND where there is none, or no git. */
export function openRepository(directory: string): Repository {
  const found = run(directory, ['rev-parse', '--show-toplevel']);
  if (found.status !== 0) throw notARepository(directory, found.stderr);
  const top = realpathSync(found.stdout.toString().replace(/\n$/, ''));
  return {
    top,
    git: (args, options) => {
      const { status, stdout, stderr } = run(top, args, options);
      if (status === 0) return stdout;
      throw new TsbuildError('INVALID', `git ${args[0]} failed: ${stderr.trim()}`);
    },
  };
}

/** The commit that a name means. NOT_FOUND where there is none, or where a shallow clone does not have it. */
export function commitOf({ top }: Repository, ref: string): string {
  const { status, stdout } = run(top, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (status === 0) return stdout.toString().trim();
  const isShallow = run(top, ['rev-parse', '--is-shallow-repository']).stdout.toString().trim() === 'true';
  if (isShallow) {
    throw new TsbuildError('NOT_FOUND', `this clone is shallow and does not have ${ref}`, {
      hint: 'fetch the whole history: `fetch-depth: 0` of actions/checkout, GIT_DEPTH: 0 in GitLab, or `git fetch --unshallow`',
    });
  }
  const hint = /^0+$/.test(ref)
    ? 'a push of a new branch has no commit before it; compare with the default branch, e.g. --since origin/main'
    : 'name a branch, tag or commit that `git rev-parse` knows; `git fetch` brings those of the remote';
  throw new TsbuildError('NOT_FOUND', `${ref} is no commit of this repository`, { hint });
}

/** Where two lines of commits parted. NOT_FOUND where they have nothing in common that is here. */
export function mergeBase({ top }: Repository, commit: string): string {
  const { status, stdout } = run(top, ['merge-base', commit, 'HEAD']);
  if (status === 0) return stdout.toString().trim();
  throw new TsbuildError(
    'NOT_FOUND',
    `${commit.slice(0, 12)} and the commit that is checked out have no common ancestor here`,
    {
      hint: 'in a shallow clone fetch the whole history: `fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`',
    },
  );
}

function run(directory: string, args: readonly string[], { input, index }: GitOptions = {}) {
  const own = index === undefined ? {} : { GIT_INDEX_FILE: index };
  const { error, status, stdout, stderr } = spawnSync('git', ['-c', 'core.fsmonitor=false', ...args], {
    cwd: directory,
    input,
    maxBuffer: MAX_OUTPUT,
    // Nothing is written into the repository, and nothing is fetched for a file that git-lfs keeps elsewhere.
    env: { ...process.env, ...own, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_LFS_SKIP_SMUDGE: '1' },
  });
  if (error === undefined) return { status, stdout, stderr: stderr.toString() };
  throw new TsbuildError('NOT_FOUND', `git cannot be started: ${error.message}`, {
    cause: error,
    hint: 'install git: what has changed is known by it',
  });
}

function notARepository(directory: string, said: string): TsbuildError {
  if (said.includes('dubious ownership')) {
    return new TsbuildError('PERMISSION', `git does not trust ${directory}: it belongs to another user`, {
      hint: `git config --global --add safe.directory ${directory}`,
    });
  }
  return new TsbuildError('NOT_FOUND', `${directory} is in no git repository`, {
    hint: 'what has changed is known by git: run this in a clone',
  });
}
