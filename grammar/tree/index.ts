/** The syntax tree of `tsbuild parse`. Behind it is none of the typed parser, which takes longer to load. */
export { formatTree } from './format.ts';
export { parseTree } from './parse.ts';
export { sexpr } from './sexpr.ts';
export type * from './tree.ts';
