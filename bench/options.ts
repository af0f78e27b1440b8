import { parseArgs } from 'node:util';
import { TsbuildError } from '../src/base/error.ts';
import type { Case } from './cases/case.ts';
import { CASES } from './cases/index.ts';

export interface Options {
  cases: readonly Case[];
  runs: number;
  warmUp: number;
  /** Names of the peers to ask; all where it is empty. */
  peers: readonly string[];
  /** The build cache of the docker engine may be emptied. */
  pruneDocker: boolean;
}

/** Fewer runs have no spread worth the name. */
const LEAST_RUNS = 5;

export function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: String(LEAST_RUNS) },
      'warm-up': { type: 'string', default: '1' },
      'prune-docker': { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
    },
  });
  return {
    cases: positionals.length === 0 ? CASES : positionals.map(caseNamed),
    runs: readCount('runs', values.runs, LEAST_RUNS),
    warmUp: readCount('warm-up', values['warm-up'], 0),
    peers: values.peer,
    pruneDocker: values['prune-docker'],
  };
}

function caseNamed(name: string): Case {
  const found = CASES.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw new TsbuildError('USAGE', `no such case: ${name}`, {
    hint: `the cases are ${CASES.map((candidate) => candidate.name).join(', ')}`,
  });
}

function readCount(option: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least) return count;
  throw new TsbuildError('USAGE', `--${option} takes a whole number of at least ${least}, not ${text}`);
}
