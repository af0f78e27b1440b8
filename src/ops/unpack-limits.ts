/** An archive that grows beyond all of this is a bomb: bytes, times its own size, and names. */
const MIN_UNPACKED = 16 * 1024 ** 3;
const MAX_RATIO = 64;
const MAX_ENTRIES = 4_000_000;

export interface ArchiveLimits {
  /** Bytes of the tar. */
  size: number;
  entries: number;
}

/** What an archive or layer of `size` bytes may unpack to. */
export function unpackLimits(size: number): ArchiveLimits {
  return { size: Math.max(MIN_UNPACKED, size * MAX_RATIO), entries: MAX_ENTRIES };
}
