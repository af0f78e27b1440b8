/** Owner, mode and time of a file that is written; `mtimeMs` in milliseconds since the epoch. */
export interface FileAttributes {
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  /** Those that a layer carries are written (carried-xattrs.ts), and no others. */
  xattrs?: ReadonlyMap<string, Buffer> | undefined;
}
