import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FetchedOrigin } from '../attest/provenance/facts.ts';
import { fromBytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { Files } from '../base/files.ts';
import { type IgnoreRules, parseIgnoreFile } from '../base/ignore.ts';
import type { SourceFile } from '../base/source.ts';
import { withoutCredentials } from '../base/url-credentials.ts';
import { readText, resolveLinks, unreadable } from './read-text.ts';

/** A directory as a build context: which of its files count. */
export interface ContextDirectory {
  /** Absolute, without links. */
  directory: string;
  rules: IgnoreRules;
  ignoreText: string;
  /** The files as they are, where absent. */
  files?: Files | undefined;
}

/** What a build reads before it plans: the build file, and which files of the context count. */
export interface BuildInput extends ContextDirectory {
  source: SourceFile;
  /** Where it comes from, where it is not a directory of this machine. */
  origin?: FetchedOrigin | undefined;
}

export interface InputOptions {
  /** The build context: a directory. */
  context: string;
  /** `-f`: relative to the working directory; `-` is standard input. */
  file?: string | undefined;
  /** The text of the build file itself; `file` then counts for nothing. */
  inline?: string | undefined;
  /** What was read where `file` is `-`; by default it is read now. */
  text?: string | undefined;
  /** The context came from elsewhere: a build file in it must not lead out of it, even where it is named. */
  foreign?: boolean | undefined;
  /** The files as they are, where absent. */
  files?: Files | undefined;
}

/** In the order in which they are looked for in the context. */
const FILE_NAMES = ['Dockerfile', 'dockerfile', 'Containerfile'];
const IGNORE_NAME = '.dockerignore';

/** Reads the build file and the ignore file that goes with it. */
export function readInput(options: InputOptions): BuildInput {
  const { files } = options;
  const directory = contextDirectory(options.context, '', files);
  if (options.inline !== undefined) {
    const ignoreText = readIgnoreFile(directory, undefined, files);
    const source = { name: 'dockerfile-inline', text: options.inline };
    return { directory, source, rules: parseIgnoreFile(ignoreText), ignoreText, files };
  }
  const path = options.file === '-' ? undefined : filePath(directory, options.file, files);
  const named = options.file !== undefined && options.foreign !== true;
  const text =
    path === undefined ? (options.text ?? readFileSync(0, 'utf8')) : readBuildFile(path, directory, { named, files });
  const ignoreText = readIgnoreFile(directory, path, files);
  const name = path === undefined ? 'stdin' : basename(path);
  return { directory, source: { name, text }, rules: parseIgnoreFile(ignoreText), ignoreText, files };
}

/** A directory that exists, without links. `prefix` begins the error. */
export function contextDirectory(context: string, prefix = '', files?: Files): string {
  if (context === '-' || /^([a-z]+:\/\/|git@)/.test(context)) {
    throw new TsbuildError(
      'UNSUPPORTED',
      `${prefix}${withoutCredentials(context)} is no directory, and is not fetched here`,
      {
        hint: 'only a build fetches its context; give a directory',
      },
    );
  }
  const past = files && fromBytePath(resolveLinks(context, files));
  const stats = past === undefined ? statSync(context, { throwIfNoEntry: false }) : files?.lstat(toBytePath(past));
  if (stats?.isDirectory()) return past ?? realpathSync(context);
  throw new TsbuildError(
    'NOT_FOUND',
    `${prefix}build context ${context} ${stats === undefined ? 'does not exist' : 'is not a directory'}`,
    {
      hint: 'give the directory that holds the files to build from, e.g. `tsbuild .`; `tsbuild --help` lists the commands',
    },
  );
}

function filePath(directory: string, file: string | undefined, files: Files | undefined): string {
  if (file !== undefined) return resolve(file);
  const isThere = files === undefined ? exists : (path: string) => files.lstat(toBytePath(path)) !== undefined;
  const found = FILE_NAMES.map((name) => join(directory, name)).find(isThere);
  if (found !== undefined) return found;
  throw new TsbuildError('NOT_FOUND', `no build file in ${directory}`, {
    hint: `make a file named ${FILE_NAMES[0]}, or name another one with -f FILE`,
  });
}

/** Throws where the directory may not be looked into: that is another thing than an empty one. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw unreadable(error);
  }
}

/** The file that `-f` names may be anywhere; one that was found in the context lies in it. */
function readBuildFile(
  path: string,
  directory: string,
  { named, files }: { named: boolean; files: Files | undefined },
): string {
  const text = readText(path, { what: 'build file', within: named ? undefined : directory, pipes: named, files });
  if (text !== undefined) return text;
  throw new TsbuildError('NOT_FOUND', `build file ${path} does not exist`, {
    hint: named ? '-f names a file relative to the working directory, not to the build context' : undefined,
  });
}

/** `<file>.dockerignore` beside the build file replaces the one at the context's root. */
export function readIgnoreFile(directory: string, path: string | undefined, files?: Files): string {
  const read = (file: string) => readText(file, { what: 'ignore file', within: directory, pipes: false, files });
  const own = path === undefined ? undefined : read(join(dirname(path), `${basename(path)}.dockerignore`));
  return own ?? read(join(directory, IGNORE_NAME)) ?? '';
}
