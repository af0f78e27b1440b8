/** The language of bake files (HCL): text in, a syntax tree with exact positions out. No I/O, no meaning. */
export type * from './ast.ts';
export { SPLAT_ELEMENT } from './ast.ts';
export { parseHcl, parseHclJson } from './parse.ts';
