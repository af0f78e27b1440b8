import type { Case } from './case.ts';
import { coldFiles, editFiles, noopFiles } from './files.ts';
import { noop, run20 } from './small.ts';

export const CASES: readonly Case[] = [noop, noopFiles, editFiles, coldFiles, run20];
