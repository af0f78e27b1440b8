import { arch, release } from 'node:os';
import type { Finding } from './finding.ts';

/** mount_setattr(2) came with 5.12, `lowerdir+` of overlay with 6.8. */
const NEEDED = [5, 12] as const;
const MANY_LAYERS = [6, 8] as const;

export function examineKernel(version = release(), processor: string = arch()): Finding {
  const name = 'kernel';
  const text = `Linux ${version} on ${processor}`;
  if (processor !== 'x64' && processor !== 'arm64') {
    return { name, status: 'failed', detail: `${text}: RUN is written for x86-64 and arm64` };
  }
  if (!isAtLeast(version, NEEDED)) {
    return { name, status: 'failed', detail: `${text} is too old`, fix: 'update to Linux 5.12 or later' };
  }
  if (isAtLeast(version, MANY_LAYERS)) return { name, status: 'ok', detail: text };
  const detail = `${text}: images with some hundred layers cannot be mounted`;
  return { name, status: 'limited', detail, fix: 'update to Linux 6.8 or later' };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(/[.-]/).map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
