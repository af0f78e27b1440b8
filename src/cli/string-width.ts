/**
 * In the executable this is the package `string-width` of yargs, which lays out help with it: two versions of that
 * package load the Unicode tables of the machine at every start.
 */
export { displayWidth as default } from '../progress/width.ts';
