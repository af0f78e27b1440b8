/** Bake files: many targets in one file, built in one graph. */
export { buildTargetOf, requireGranted } from './build-target.ts';
export { listTargets, listVariables } from './list.ts';
export { printSelection } from './print.ts';
export { type BakeOptions, loadBake, selectBake } from './select.ts';
