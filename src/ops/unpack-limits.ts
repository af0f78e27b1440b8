/** An archive or layer that grows beyond all of this is a bomb. */
export interface UnpackLimits {
  /** Bytes of the tar; and times the size of the compressed data, where that is more. */
  limit: number;
  ratio: number;
  entries: number;
}

const MAX_ENTRIES = 4_000_000;

/** What archives and layers may unpack to, as the user's settings say. They are read where something is unpacked. */
export async function unpackLimits(): Promise<UnpackLimits> {
  const { limitsOf, readUserConfig } = await import('../config/index.ts');
  const { unpacked, ratio } = limitsOf(readUserConfig(process.env));
  return { limit: unpacked, ratio, entries: MAX_ENTRIES };
}
