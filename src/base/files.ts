import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { type BytePath, fsPath } from './bytepath.ts';

export interface FileName {
  name: BytePath;
  isDirectory: boolean;
}

/** The user's files as a build sees them: as they are, or as they were. Paths are absolute; no method follows a link. */
export interface Files {
  /** Undefined where there is nothing. */
  lstat(path: BytePath): Stats | undefined;
  /** What is in a directory, in no order. */
  names(path: BytePath): readonly FileName[];
  readlink(path: BytePath): BytePath;
  /** Where on this machine what is named by the path can be read. */
  place(path: BytePath): BytePath;
}

/** The files as they are. */
export const PRESENT: Files = {
  lstat: (path) => lstatSync(fsPath(path), { throwIfNoEntry: false }),
  names: (path) =>
    readdirSync(fsPath(path), { encoding: 'latin1', withFileTypes: true }).map((found) => ({
      name: found.name,
      isDirectory: found.isDirectory(),
    })),
  readlink: (path) => readlinkSync(fsPath(path), 'latin1'),
  place: (path) => path,
};
