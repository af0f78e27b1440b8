/** Bake files: many targets in one file, built in one graph. */
export { buildTargetOf, requireGranted } from './build-target.ts';
export { hasBakeFiles } from './file/read.ts';
export { listTargets, listVariables } from './list.ts';
export { printSelection } from './print.ts';
export { type BakeOptions, loadBake, selectBake, selectFrom } from './select.ts';
export type { Selection } from './target/resolve.ts';
export type { Target } from './target/target.ts';
