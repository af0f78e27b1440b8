import { statSync } from 'node:fs';
import { buildTargetOf, hasBakeFiles, selectBake } from '../bake/index.ts';
import { TsbuildError } from '../base/error.ts';
import { pictureOf } from '../build/picture.ts';
import type { BuildTarget } from '../build/target.ts';
import { dot } from '../picture/dot.ts';
import { mermaid } from '../picture/mermaid.ts';
import { svg } from '../picture/svg.ts';
import type { Picture } from '../picture/types.ts';
import { type SelectionArguments, selectionOptionsOf } from './bake-options.ts';
import { buildOptionsOf } from './build-options.ts';
import { inNamespace } from './namespace.ts';
import type { GlobalArguments } from './options.ts';
import { cancelOnSignals } from './signals.ts';

export interface GraphArguments extends GlobalArguments, Omit<SelectionArguments, 'targets'> {
  /** yargs gives one that is undefined where there is none. */
  targets?: (string | undefined)[] | undefined;
  target?: string | undefined;
  format: 'mermaid' | 'dot' | 'svg' | 'json';
  cache?: boolean | undefined;
}

const FORMATS: Readonly<Record<GraphArguments['format'], (picture: Picture) => string>> = {
  mermaid,
  dot,
  svg,
  json: (picture) => `${JSON.stringify(picture, null, 2)}\n`,
};

/** Carries out `tsbuild graph`: the drawing goes to standard output. */
export async function graphAction(argv: GraphArguments): Promise<number> {
  const targets = await targetsOf(argv);
  return inNamespace(argv, async (environment) => {
    const { signal, dispose } = cancelOnSignals();
    try {
      const settings = { ...environment, jobs: 1, emit: () => undefined, signal };
      const picture = await pictureOf(targets, settings, { cache: argv.cache === true });
      process.stdout.write(FORMATS[argv.format](picture));
      return 0;
    } finally {
      dispose();
    }
  });
}

/** A directory that is named means its build file; else bake files count, where there are any. */
async function targetsOf(argv: GraphArguments): Promise<BuildTarget[]> {
  const names = (argv.targets ?? []).filter((name) => name !== undefined);
  const [first, ...more] = names;
  const isDirectory = first !== undefined && statSync(first, { throwIfNoEntry: false })?.isDirectory() === true;
  const options = selectionOptionsOf({ ...argv, targets: names }, process.env);
  const isAlone = first === undefined && options.files.length === 0 && !hasBakeFiles(options.directory);
  if (isAlone || (isDirectory && more.length === 0 && !/^[\w-]+$/.test(first))) return [fileTarget(first ?? '.', argv)];
  if (isDirectory && more.length === 0 && options.files.length === 0 && !hasBakeFiles(options.directory))
    return [fileTarget(first, argv)];
  const { targets } = await selectBake(options);
  return [...targets.values()].map((target) => buildTargetOf(target, process.env));
}

function fileTarget(context: string, { file = [], target }: GraphArguments): BuildTarget {
  if (file.length > 1) throw new TsbuildError('USAGE', 'a directory has one build file: give -f once');
  return buildOptionsOf({ context, file: file[0], target, progress: 'auto' }, process.env);
}
