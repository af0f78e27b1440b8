import { parseArgs } from 'node:util';
import { TsbuildError } from '../src/base/error.ts';
import type { Case } from './cases/case.ts';
import { CASES } from './cases/index.ts';
import type { Curve } from './curves/curve.ts';
import { CURVES } from './curves/index.ts';
import { TRANSFERS, type Transfer } from './transfers.ts';

export interface Options {
  cases: readonly Case[];
  transfers: readonly Transfer[];
  curves: readonly Curve[];
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
    ...named(positionals),
    runs: readCount('runs', values.runs, LEAST_RUNS),
    warmUp: readCount('warm-up', values['warm-up'], 1),
    peers: values.peer,
    pruneDocker: values['prune-docker'],
  };
}

/** All where none is named. */
function named(names: readonly string[]): Pick<Options, 'cases' | 'transfers' | 'curves'> {
  const known = [...CASES, ...TRANSFERS, ...CURVES].map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TsbuildError('USAGE', `no such case: ${unknown}`, { hint: `the cases are ${known.join(', ')}` });
  }
  const isAsked = ({ name }: { name: string }) => names.length === 0 || names.includes(name);
  return { cases: CASES.filter(isAsked), transfers: TRANSFERS.filter(isAsked), curves: CURVES.filter(isAsked) };
}

function readCount(option: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least) return count;
  throw new TsbuildError('USAGE', `--${option} takes a whole number of at least ${least}, not ${text}`);
}
