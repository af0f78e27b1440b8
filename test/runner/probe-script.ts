/** Prints the probes of this process for a directory, and the error that they make: `node probe-script.mjs DIRECTORY`. */
import { probe, sandboxUnavailable } from '../../runner/index.ts';

const probes = await probe(process.argv[2] ?? '');
const { message, hint, notes } = sandboxUnavailable(probes);
console.log(JSON.stringify({ probes, message, hint, notes }));
