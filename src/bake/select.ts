import type { Files } from '../base/files.ts';
import type { Definitions } from './file/blocks.ts';
import type { BakeEnvironment } from './file/environment.ts';
import { readBakeFiles } from './file/read.ts';
import { loadDefinitions } from './load.ts';
import { readOverrides } from './target/override.ts';
import { type Selection, selectTargets } from './target/resolve.ts';
import type { Config } from './target/target.ts';

export interface BakeOptions {
  /** `-f`; where there is none, the files of the directory with one of the usual names. */
  files: readonly string[];
  /** Names and patterns of targets and groups; `default` where there is none. */
  targets: readonly string[];
  /** `--set`. */
  overrides: readonly string[];
  /** `--var`, as NAME and VALUE. */
  vars: ReadonlyMap<string, string>;
  env: Readonly<Record<string, string | undefined>>;
  /** Of this machine, e.g. `linux/amd64`. */
  platform: string;
  directory: string;
  /** The bake files as they were; as they are, where absent. */
  past?: Files | undefined;
}

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];

/** Reads the bake files and evaluates everything in them. */
export function loadBake({ files, vars, env, platform, directory, past }: BakeOptions): Promise<Definitions> {
  const ignored = TRUE.includes(env.BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP ?? '');
  const environment: BakeEnvironment = {
    env: ignored ? {} : env,
    vars,
    builtins: new Map([
      ['BAKE_CMD_CONTEXT', 'cwd://'],
      ['BAKE_LOCAL_PLATFORM', platform],
    ]),
  };
  return loadDefinitions(readBakeFiles(files, directory, past), { ...environment, directory, past });
}

/** The targets that a command line asks for, with all that files, `--set` and the environment say of them. */
export async function selectBake(options: BakeOptions): Promise<Selection> {
  return selectFrom((await loadBake(options)).config, options);
}

/** The same of what has been read. */
export function selectFrom(config: Config, options: Pick<BakeOptions, 'targets' | 'overrides' | 'env'>): Selection {
  const names = config.targets.map(({ name }) => name);
  const selection = selectTargets(config, options.targets, readOverrides(options.overrides, names, options.env));
  const epoch = options.env.SOURCE_DATE_EPOCH ?? '';
  for (const target of selection.targets.values()) {
    if (epoch === '' || target.args?.has('SOURCE_DATE_EPOCH')) continue;
    target.args = new Map([...(target.args ?? []), ['SOURCE_DATE_EPOCH', epoch]]);
  }
  return selection;
}
