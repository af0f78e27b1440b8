import { shortForm } from '../attest/options.ts';
import type { BakeOptions } from '../bake/index.ts';
import { TsbuildError } from '../base/error.ts';
import { formatPlatform, hostPlatform } from '../oci/platform.ts';
import { splitPair } from './build-options.ts';
import type { ExecutionArguments } from './execution-options.ts';
import type { OnErrorOption } from './on-error.ts';
import type { GlobalArguments } from './options.ts';

/** Which targets of which files are meant. */
export interface SelectionArguments {
  targets?: string[] | undefined;
  file?: string[] | undefined;
  set?: string[] | undefined;
  var?: string[] | undefined;
}

export interface SinceArguments {
  since?: string | undefined;
  mergeBase?: boolean | undefined;
}

/** What yargs makes of the command line of a bake. */
export interface BakeArguments
  extends GlobalArguments,
    ExecutionArguments,
    OnErrorOption,
    SelectionArguments,
    SinceArguments {
  affected?: boolean | undefined;
  print?: boolean | undefined;
  list?: string | undefined;
  push?: boolean | undefined;
  load?: boolean | undefined;
  pull?: boolean | undefined;
  call?: string | undefined;
  check?: boolean | undefined;
  provenance?: string | string[] | undefined;
  sbom?: string | string[] | undefined;
  metadataFile?: string | undefined;
}

/** Checks the arguments of a bake; flags for all targets become what `--set` would say. */
export function bakeOptionsOf(argv: BakeArguments, env: NodeJS.ProcessEnv): BakeOptions {
  return selectionOptionsOf({ ...argv, set: [...(argv.set ?? []), ...flagOverrides(argv)] }, env);
}

/** The same of a command that takes no such flags. */
export function selectionOptionsOf(argv: SelectionArguments, env: NodeJS.ProcessEnv): BakeOptions {
  return {
    files: argv.file ?? environmentFiles(env),
    targets: argv.targets ?? [],
    overrides: argv.set ?? [],
    vars: new Map((argv.var ?? []).map(variableOf)),
    env,
    platform: formatPlatform(hostPlatform()),
    directory: process.cwd(),
  };
}

function environmentFiles({ BUILDX_BAKE_FILE = '', BUILDX_BAKE_PATH_SEPARATOR = ':' }: NodeJS.ProcessEnv): string[] {
  return BUILDX_BAKE_FILE.split(BUILDX_BAKE_PATH_SEPARATOR || ':')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function flagOverrides(argv: BakeArguments): string[] {
  const call = argv.check ? 'check' : argv.call;
  return [
    ...(argv.push ? ['*.push=true'] : []),
    ...(argv.load ? ['*.load=true'] : []),
    ...(call !== undefined && call !== 'build' ? [`*.call=${call}`] : []),
    ...(argv.noCache === undefined ? [] : [`*.no-cache=${argv.noCache}`]),
    ...(argv.pull === undefined ? [] : [`*.pull=${argv.pull}`]),
    ...attestOverride('sbom', argv.sbom),
    ...attestOverride('provenance', argv.provenance),
  ];
}

/** The short forms of attestations; nothing where they are not given. */
function attestOverride(type: string, value: string | string[] | undefined): string[] {
  const last = [value].flat().at(-1);
  return last === undefined ? [] : [`*.attest=${shortForm(type, last)}`];
}

function variableOf(text: string): [string, string] {
  const [name, value] = splitPair(text);
  if (name !== '' && value !== undefined) return [name, value];
  throw new TsbuildError('USAGE', `--var ${text} is not NAME=VALUE`);
}

export interface ListRequest {
  type: 'targets' | 'variables';
  format: 'table' | 'json';
}

/** `targets`, `variables`, or `type=targets,format=json`. */
export function listRequestOf(text: string): ListRequest {
  const fields = text
    .split(',')
    .map((field, at) => (at === 0 && !field.includes('=') ? ['type', field] : splitPair(field)));
  const { type, format = 'table', ...rest } = Object.fromEntries(fields);
  const known = ['targets', 'variables'].includes(type) && ['table', 'json'].includes(format);
  if (known && Object.keys(rest).length === 0) return { type, format };
  throw new TsbuildError('USAGE', `--list ${text} is not understood`, {
    hint: 'write --list=targets or --list=variables, and ,format=json behind it',
  });
}
