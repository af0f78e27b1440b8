import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BytePath, fromBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { commitOf, openRepository, type Repository } from './git.ts';

/** What a commit has in the place of something that is another thing now, or that is gone. */
export interface WasFile {
  /** As git keeps it: `100644`, `100755` or `120000`. */
  mode: string;
  /** As git has it now, where it has it. */
  modeNow: string | undefined;
  object: string;
}

/** What is not now as it was at a commit, by path below the root of the work tree. */
export interface Changes {
  repository: Repository;
  /** Undefined for what was not there. */
  files: ReadonlyMap<BytePath, WasFile | undefined>;
  /** Repositories in it: those whose commit is another, or in which something has changed. */
  submodules: ReadonlyMap<BytePath, Changes>;
}

const LINKED = '160000';
const NOTHING = '000000';

/**
 * What the work tree has other than a commit: what is not committed and what git does not know yet included. What git
 * ignores counts as unchanged.
 */
export function changesSince(repository: Repository, commit: string): Changes {
  const files = new Map<BytePath, WasFile | undefined>();
  const submodules = new Map<BytePath, Changes>();
  for (const path of fields(repository.git(['ls-files', '--others', '--exclude-standard', '-z']))) {
    files.set(path.replace(/\/$/, ''), undefined);
  }
  for (const { path, mode, modeNow, object } of differences(repository, commit)) {
    if (mode === LINKED && modeNow === LINKED) submodules.set(path, submoduleChanges(repository, path, object));
    else if (mode === NOTHING) files.set(path, undefined);
    // What a submodule was that is gone is not in this repository: its directory was there, and empty.
    else if (mode !== LINKED) files.set(path, { mode, modeNow: modeNow === NOTHING ? undefined : modeNow, object });
  }
  for (const path of newDirectories(repository, commit, files)) files.set(path, undefined);
  return { repository, files, submodules };
}

/** `:MODE MODE OBJECT OBJECT STATUS`, then the path. */
const LINE = /^:(\d{6}) (\d{6}) ([0-9a-f]+) [0-9a-f]+ [A-Z]/;

function differences(repository: Repository, commit: string): ({ path: BytePath } & Required<WasFile>)[] {
  const plain = ['--raw', '-z', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const output = repository.git(['diff', ...plain, '--ignore-submodules=none', commit, '--']);
  const found: ({ path: BytePath } & Required<WasFile>)[] = [];
  const parts = fields(output);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = '', modeNow = '', object = ''] = LINE.exec(parts[at] as string) ?? [];
    found.push({ path: parts[at + 1] as BytePath, mode, modeNow, object });
  }
  return found;
}

/** The directories that hold something new and that the commit does not have. */
function newDirectories(
  repository: Repository,
  commit: string,
  files: ReadonlyMap<BytePath, WasFile | undefined>,
): Set<BytePath> {
  const added = [...files].filter(([, was]) => was === undefined).flatMap(([path]) => directoriesOf(path));
  if (added.length === 0) return new Set();
  const known = new Set(fields(repository.git(['ls-tree', '-r', '-d', '-z', '--name-only', commit])));
  return new Set(added.filter((path) => !known.has(path)));
}

/** The directories that a path is in, without the root: the innermost first. */
export function directoriesOf(path: BytePath): BytePath[] {
  const found: BytePath[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) found.push(path.slice(0, end));
  return found;
}

function submoduleChanges({ top }: Repository, path: BytePath, commit: string): Changes {
  const directory = join(top, fromBytePath(path));
  if (!existsSync(join(directory, '.git'))) {
    throw new TsbuildError('NOT_FOUND', `the submodule ${fromBytePath(path)} is not checked out`, {
      hint: `git submodule update --init ${fromBytePath(path)}`,
    });
  }
  const repository = openRepository(directory);
  return changesSince(repository, commitOf(repository, commit));
}

/** What `-z` separates. */
function fields(output: Buffer): BytePath[] {
  const text = output.toString('latin1');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}
