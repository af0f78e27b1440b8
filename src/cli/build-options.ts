import { availableParallelism } from 'node:os';
import { parseAttests } from '../attest/options.ts';
import { TsbuildError } from '../base/error.ts';
import type { BuildOptions } from '../build/build.ts';
import { epochOf } from '../build/epoch.ts';
import { parseAgents, parseSecrets } from '../build/resources.ts';
import { hostEntries, limitsOf, type StepArguments, stepSettings } from '../build/step-options.ts';
import { type CacheTo, parseCacheFrom, parseCacheTo } from '../cache/options.ts';
import { type Output, parseOutput } from '../export/output.ts';
import { contextName } from '../frontend/named-context.ts';
import { parsePlatforms } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { ExecutionArguments } from './execution-options.ts';
import type { OnErrorOption } from './on-error.ts';
import type { GlobalArguments } from './options.ts';

/** What yargs makes of the command line of a build. */
export interface BuildArguments extends GlobalArguments, StepArguments, ExecutionArguments, OnErrorOption {
  context?: string | undefined;
  file?: string | undefined;
  tag?: string[] | undefined;
  target?: string | undefined;
  buildArg?: string[] | undefined;
  buildContext?: string[] | undefined;
  label?: string[] | undefined;
  secret?: string[] | undefined;
  ssh?: string[] | undefined;
  output?: string[] | undefined;
  cacheFrom?: string[] | undefined;
  cacheTo?: string[] | undefined;
  attest?: string[] | undefined;
  provenance?: string | string[] | undefined;
  sbom?: string | string[] | undefined;
  noCacheFilter?: string[] | undefined;
  platform?: string[] | undefined;
  pull?: boolean | undefined;
  push?: boolean | undefined;
  quiet?: boolean | undefined;
  check?: boolean | undefined;
  call?: string | undefined;
  explain?: boolean | undefined;
  watch?: boolean | undefined;
  poll?: boolean | undefined;
  run?: boolean | undefined;
  runArg?: string[] | undefined;
  iidfile?: string | undefined;
  metadataFile?: string | undefined;
}

/** What standard input is, where something of the build is read from there. */
export function readFromInput({ file, context }: Pick<BuildArguments, 'file' | 'context'>): string | undefined {
  return file === '-' ? 'the build file' : context === '-' ? 'the context' : undefined;
}

type FromArguments = Pick<
  BuildOptions,
  | 'context'
  | 'contexts'
  | 'file'
  | 'target'
  | 'tags'
  | 'buildArgs'
  | 'labels'
  | 'noCache'
  | 'noCacheFilter'
  | 'platforms'
  | 'pull'
  | 'jobs'
  | 'offline'
  | 'outputs'
  | 'cacheFrom'
  | 'cacheTo'
  | 'attest'
  | 'epoch'
  | 'secrets'
  | 'agents'
  | 'hosts'
  | 'limits'
  | 'steps'
>;

/** Checks the arguments of a build, once, before anything is done. */
export function buildOptionsOf(argv: BuildArguments, env: NodeJS.ProcessEnv): FromArguments {
  if (argv.context === undefined) {
    throw new TsbuildError('USAGE', 'a build needs the directory to build from', {
      hint: '`tsbuild .` builds the working directory; `tsbuild --help` lists the commands',
    });
  }
  const tags = (argv.tag ?? []).map((tag) => tagName(tag));
  const outputs = outputsOf(argv);
  if (outputs.some((output) => output.type === 'image' && output.push && output.names.length + tags.length === 0)) {
    throw new TsbuildError('USAGE', 'a push needs a name', { hint: 'name the image with -t REGISTRY/NAME:TAG' });
  }
  const buildArgs = { ...epochArgument(env), ...buildArgsOf(argv.buildArg ?? [], env) };
  return {
    context: argv.context,
    contexts: argv.buildContext && Object.fromEntries(argv.buildContext.map(contextOf)),
    file: argv.file,
    target: argv.target,
    tags,
    buildArgs,
    labels: Object.fromEntries((argv.label ?? []).map(labelOf)),
    noCache: argv.noCache === true,
    noCacheFilter: (argv.noCacheFilter ?? []).flatMap((names) => names.split(',')).filter((name) => name !== ''),
    platforms: parsePlatforms(argv.platform ?? []),
    pull: argv.pull === true,
    jobs: jobsOf(argv.jobs),
    offline: argv.offline === true,
    secrets: parseSecrets(argv.secret ?? [], env),
    agents: parseAgents(argv.ssh ?? [], env),
    hosts: hostEntries(argv),
    limits: limitsOf(argv),
    steps: stepSettings(argv),
    outputs,
    cacheFrom: (argv.cacheFrom ?? []).filter(isGiven).map(parseCacheFrom),
    cacheTo: cacheToOf((argv.cacheTo ?? []).filter(isGiven), buildArgs),
    attest: parseAttests(argv.attest ?? [], argv),
    epoch: epochOf(buildArgs.SOURCE_DATE_EPOCH),
  };
}

/** `BUILDKIT_INLINE_CACHE=1` as a build argument is docker's older way to ask for a cache in the image. */
/** An empty value says that there is none, in the place of what settings say. */
function isGiven(value: string): boolean {
  return value !== '';
}

function cacheToOf(texts: readonly string[], { BUILDKIT_INLINE_CACHE: inline }: Record<string, string>): CacheTo[] {
  const places = texts.map(parseCacheTo);
  const isAsked = inline !== undefined && /^(1|t|true)$/i.test(inline) && !places.some(({ type }) => type === 'inline');
  return isAsked ? [...places, { type: 'inline' }] : places;
}

function outputsOf(argv: BuildArguments): Output[] {
  const outputs = (argv.output ?? []).map(parseOutput).map(withFullNames);
  if (argv.push) outputs.push({ type: 'image', names: [], push: true });
  return outputs.length === 0 ? [{ type: 'image', names: [], push: false }] : outputs;
}

function withFullNames(output: Output): Output {
  return 'names' in output ? { ...output, names: output.names.map(tagName) } : output;
}

/** A name to give: without a digest, which is not ours to choose. */
export function tagName(text: string): string {
  const reference = parseReference(text);
  if (reference.digest !== undefined) throw new TsbuildError('INVALID', `a name to give cannot have a digest: ${text}`);
  return formatReference(reference);
}

/** `NAME` alone takes the value of the environment, and is nothing where there is none, as with docker. */
function buildArgsOf(texts: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const [name, value = env[name]] = splitPair(text);
      if (name === '') throw new TsbuildError('USAGE', `--build-arg ${text} has no name`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The environment's SOURCE_DATE_EPOCH is a build argument too, as with docker: a step that wants it declares it. */
function epochArgument({ SOURCE_DATE_EPOCH }: NodeJS.ProcessEnv): Record<string, string> {
  return SOURCE_DATE_EPOCH === undefined ? {} : { SOURCE_DATE_EPOCH };
}

function labelOf(text: string): [string, string] {
  const [name, value = ''] = splitPair(text);
  if (name === '') throw new TsbuildError('USAGE', `--label ${text} has no name`);
  return [name, value];
}

/** The last one of a name counts. */
function contextOf(text: string): [string, string] {
  const [name, value = ''] = splitPair(text);
  if (name !== '' && value !== '') return [contextName(name), value];
  throw new TsbuildError('USAGE', `--build-context ${text} is not NAME=WHERE`, {
    hint: 'e.g. --build-context shared=../shared, or base=docker-image://debian:12',
  });
}

export function splitPair(text: string): [string, string | undefined] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** Steps often wait for a network or a disk, so there are two at least. */
const MIN_JOBS = 2;

export function jobsOf(text: string | undefined): number {
  if (text === undefined) return Math.max(MIN_JOBS, availableParallelism());
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `--jobs ${text} is not a number of 1 or more`);
}
