import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeMonorepo } from '../../fixtures/monorepo-of.ts';
import type { Case } from './case.ts';

const TARGETS = 50;

const common = { context: 'monorepo', bake: true, prepare: (context: string) => void writeMonorepo(context, TARGETS) };

/** What it costs to find out that nothing of a monorepo has changed. */
export const bakeNoop: Case = { ...common, name: 'bake-noop', title: `bake, no-op, ${TARGETS} targets` };

/** One package of a monorepo was edited: one target is another image. */
export const bakeLeaf: Case = {
  ...common,
  name: 'bake-leaf',
  title: `bake, one package edited, ${TARGETS} targets`,
  edit: (context, run) => writeFileSync(join(context, 'packages/package-7/main'), `edited ${run}\n`),
};

/** Every step of a monorepo is executed: what targets share once. */
export const bakeAll: Case = {
  ...common,
  name: 'bake-all',
  title: `bake, no cache, ${TARGETS} targets that share steps`,
  noCache: true,
};
