/**
 * The part of the language that is needed behind the parser: expansion, and what a RUN executes. Without the parser
 * itself, which a build of a known file does not load.
 */
export { expand, expandHeredoc, expandWords } from './expand/expand.ts';
export { runScript } from './script.ts';
