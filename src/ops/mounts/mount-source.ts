import type { CacheOp } from './op.ts';

/** What another machine has left of a cache mount. */
export interface FoundMount {
  /** When it was used last, in milliseconds since the epoch. */
  time: number;
  /** Writes its content into a new, empty directory. */
  fill(directory: string): Promise<void>;
}

/** Where cache mounts come from that this store does not have, or has in an older state. */
export interface MountSource {
  /** @param key the name of the mount's directory in a store */
  find(key: string, op: CacheOp): Promise<FoundMount | undefined>;
  /** Told what went wrong: the step goes on with what is here. */
  failed(op: CacheOp, error: unknown): void;
}
