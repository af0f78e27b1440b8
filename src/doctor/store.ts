import { statfsSync } from 'node:fs';
import type { Finding, Patient } from './finding.ts';

/** statfs(2) and linux/magic.h. Whether an overlay works on it is tried, not looked up. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlay',
  801189825: 'zfs',
  4076150800: 'f2fs',
  3393526350: 'bcachefs',
  26985: 'nfs',
  1702057286: 'fuse',
  16914839: '9p',
  4283649346: 'cifs',
};

/** What one base image with its compiler takes. */
const ENOUGH_BYTES = 2e9;

export function examineStore({ root }: Pick<Patient, 'root'>): Finding {
  const { type, bavail, bsize } = statfsSync(root);
  const bytes = bavail * bsize;
  const system = FILE_SYSTEMS[type] ?? `file system 0x${type.toString(16)}`;
  const detail = `${root} on ${system}, ${(bytes / 1e9).toFixed(1)} GB free`;
  if (bytes >= ENOUGH_BYTES) return { name: 'store', status: 'ok', detail };
  return { name: 'store', status: 'limited', detail, fix: 'tsbuild prune, or choose another place with --root DIR' };
}
