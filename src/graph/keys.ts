import { type Digest, digestOfJson } from '../base/digest.ts';
import type { PreImage } from './vertex.ts';

/** Bumped when the meaning of a key changes: old records are then never hit. */
const KEY_VERSION = 1;

/** The key of what a pre-image says: of a vertex without regard to its inputs' results, or with them. */
export function keyOf(level: 'definition' | 'content', preImage: PreImage): Digest {
  const { op, material, inputs } = preImage;
  return digestOfJson({ version: KEY_VERSION, level, op, material, inputs });
}
