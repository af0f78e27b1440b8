import type { BytePath } from '../base/bytepath.ts';

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** One member of a tar, without its content. */
export interface TarEntry {
  /** As it stands in the archive, except that a directory ends without a slash. May begin with `/` or hold `..`. */
  path: BytePath;
  type: TarEntryType;
  /** Permission, set-id and sticky bits: 0o7777 at most. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content that follow; 0 for everything but a file. */
  size: number;
  /** Seconds since the epoch, negative before it. A fraction keeps microseconds, which is what a number can hold. */
  mtime: number;
  /** The target of a symbolic link; the path of the first name for a hard link. */
  linkPath?: BytePath | undefined;
  devMajor?: number | undefined;
  devMinor?: number | undefined;
  /** Values by attribute name, e.g. `security.capability`. Names are byte paths too. */
  xattrs?: ReadonlyMap<string, Buffer> | undefined;
}

/** The type flag of each type (POSIX pax, ustar Interchange Format, typeflag). */
export const TYPE_FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
