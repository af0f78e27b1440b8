#!/usr/bin/env node
import { ignoreClosedPipe } from '../progress/closed-pipe.ts';
import { main } from './program.ts';

ignoreClosedPipe(process.stdout);
ignoreClosedPipe(process.stderr);

process.exitCode = await main(process.argv.slice(2));
