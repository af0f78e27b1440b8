/** The language of build files: text in, a typed syntax tree with exact positions out. No I/O, no meaning. */
export type * from './ast.ts';
export { flagNames } from './build/flag.ts';
export { instructionNames } from './build/names.ts';
export { parse, parseOnbuild } from './parse.ts';
export * from './words.ts';
