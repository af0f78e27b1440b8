import { CIDR } from './cidr.ts';
import { COLLECTIONS } from './collections.ts';
import { CONDITIONAL } from './conditional.ts';
import { DATES } from './dates.ts';
import { ENCODING } from './encoding.ts';
import { FORMAT } from './format.ts';
import { HASHES } from './hashes.ts';
import { NUMBERS } from './numbers.ts';
import { PATTERNS } from './patterns.ts';
import { SEMVER } from './semver.ts';
import { SETS } from './sets.ts';
import type { Functions } from './signature.ts';
import { STRINGS } from './strings.ts';

/** The functions that every bake file has (docker/buildx, docs/bake-stdlib.md). */
export const STANDARD_FUNCTIONS: Functions = {
  ...CIDR,
  ...COLLECTIONS,
  ...CONDITIONAL,
  ...DATES,
  ...ENCODING,
  ...FORMAT,
  ...HASHES,
  ...NUMBERS,
  ...PATTERNS,
  ...SEMVER,
  ...SETS,
  ...STRINGS,
};
