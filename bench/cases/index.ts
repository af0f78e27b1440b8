import { bakeAll, bakeLeaf, bakeNoop } from './bake.ts';
import type { Case } from './case.ts';
import { filesCases } from './files.ts';
import { LARGE } from './large.ts';
import { noop, run20 } from './small.ts';

/** In the order in which they are measured: the longest come last. */
export const CASES: readonly Case[] = [
  noop,
  run20,
  bakeNoop,
  bakeLeaf,
  bakeAll,
  ...filesCases(20_000, 'files', { noop: 0.3, edit: 0.25, cold: 0.4 }),
  ...LARGE,
  ...filesCases(100_000, 'many', { noop: 0.25, edit: 0.25, cold: 0.35 }),
];
