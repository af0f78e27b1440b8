/**
 * The part of the language that is needed behind the parser: expansion, mounts, and what a RUN executes. Without the parser
 * itself, which a build of a known file does not load.
 */
export { expand, expandHeredoc, expandWords } from './expand/expand.ts';
export { resolveMount } from './mount/resolve.ts';
export { runScript } from './script.ts';
