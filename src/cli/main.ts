#!/usr/bin/env node
import { ignoreClosedPipe } from '../progress/closed-pipe.ts';
import { main } from './program.ts';

ignoreClosedPipe(process.stdout);
ignoreClosedPipe(process.stderr);

/** What Node ends with where nothing is left to wait for and a promise is still open. */
const UNSETTLED = 13;

process.exitCode = UNSETTLED;
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
