import { bakeAll, bakeLeaf, bakeNoop } from './bake.ts';
import type { Case } from './case.ts';
import { filesCases } from './files.ts';
import { LARGE } from './large.ts';
import { noop, run20 } from './small.ts';

export const CASES: readonly Case[] = [
  noop,
  ...filesCases(20_000, 'files', { noop: 0.3, edit: 0.25, cold: 0.4 }),
  ...filesCases(100_000, 'many', { noop: 0.25, edit: 0.25, cold: 0.35 }),
  ...LARGE,
  run20,
  bakeNoop,
  bakeLeaf,
  bakeAll,
];
