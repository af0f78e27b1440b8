export interface DeviceNumbers {
  major: number;
  minor: number;
}

/** What stat(2) calls `rdev`: Linux's encoding of a dev_t in user space (makedev(3)). */
export function deviceOf({ major, minor }: DeviceNumbers): number {
  const [high, low] = [BigInt(major), BigInt(minor)];
  const wide = ((high & 0xfffn) << 8n) | ((high & ~0xfffn) << 32n) | (low & 0xffn) | ((low & ~0xffn) << 12n);
  return Number(wide);
}

/** The numbers in what stat(2) calls `rdev`. */
export function deviceNumbers(rdev: number): DeviceNumbers {
  const wide = BigInt(rdev);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn & 0xffffffffn);
  return { major: Number(major), minor: Number(minor) };
}
