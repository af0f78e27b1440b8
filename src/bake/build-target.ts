import { isAbsolute, join } from 'node:path';
import { parseAttests } from '../attest/options.ts';
import { TsbuildError } from '../base/error.ts';
import { parseAgents, parseSecrets } from '../build/resources.ts';
import { hostEntries, type StepArguments, stepSettings } from '../build/step-options.ts';
import type { BuildTarget } from '../build/target.ts';
import { parseCacheFrom, parseCacheTo } from '../cache/options.ts';
import { type Output, parseOutput } from '../export/output.ts';
import { contextName } from '../frontend/named-context.ts';
import { parsePlatforms } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { type Entry, entryText } from './target/entry.ts';
import { cleanContext } from './target/resolve.ts';
import type { Attribute, Target } from './target/target.ts';

/** The target as a build takes it. Throws where it has what this version cannot build. */
export function buildTargetOf(target: Target, env: NodeJS.ProcessEnv): BuildTarget {
  refuse(target);
  const context = cleanContext(target.context ?? '.');
  const file = target.dockerfile ?? 'Dockerfile';
  const args = Object.fromEntries(present(target.args));
  return {
    name: target.name,
    context,
    contexts:
      target.contexts &&
      Object.fromEntries([...target.contexts].map(([name, where]) => [contextName(name), contextOf(where)])),
    file: isAbsolute(file) ? file : join(context, file.replace(/^cwd:\/\//, '')),
    inline: target['dockerfile-inline'],
    target: target.target,
    tags: (target.tags ?? []).map((tag) => tagName(tag, target)),
    buildArgs: args,
    labels: Object.fromEntries(present(target.labels)),
    noCache: target['no-cache'] === true,
    noCacheFilter: target['no-cache-filter'],
    platforms: parsePlatforms(target.platforms ?? []),
    cacheFrom: (target['cache-from'] ?? []).map((entry) => parseCacheFrom(entryText(entry))),
    cacheTo: (target['cache-to'] ?? []).map((entry) => parseCacheTo(entryText(entry))),
    attest: attestOf(target),
    pull: target.pull === true,
    secrets: parseSecrets((target.secret ?? []).map(entryText), env),
    agents: parseAgents((target.ssh ?? []).map(sshText), env),
    ...stepsOf(target),
    outputs: outputsOf(target),
    epoch: epochOf(args.SOURCE_DATE_EPOCH, target),
  };
}

/** Attributes of a target that change what is built, and that no build has yet. */
const UNSUPPORTED: readonly Attribute[] = ['annotations'];

function refuse(target: Target): void {
  const found = UNSUPPORTED.find((name) => {
    const value = target[name];
    return value !== undefined && (typeof value === 'string' || Array.from(value as Iterable<unknown>).length > 0);
  });
  if (found !== undefined)
    throw unsupported(target, found, `--set ${target.name}.${found}= takes it out for one build`);
  if (target.call !== undefined && target.call !== 'build' && target.call !== '') {
    throw unsupported(target, `call = ${target.call}`, '`tsbuild build --call` looks at one build file; bake builds');
  }
}

/** What is attested of it. Throws an error that names the target. */
function attestOf(target: Target): BuildTarget['attest'] {
  return inTarget(target, () => parseAttests((target.attest ?? []).map(entryText)));
}

/** How its steps run. Throws an error that names the target. */
function stepsOf(target: Target): Pick<BuildTarget, 'hosts' | 'steps'> {
  const options: StepArguments = {
    network: target.network || undefined,
    shmSize: target['shm-size'] || undefined,
    ulimit: target.ulimits,
    allow: target.entitlements,
    addHost: present(target['extra-hosts']).map(([name, address]) => `${name}=${address}`),
  };
  return inTarget(target, () => ({ hosts: hostEntries(options), steps: stepSettings(options) }));
}

function inTarget<T>({ name }: Target, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw new TsbuildError(error.code, `the target ${name}: ${error.message}`, { hint: error.hint });
  }
}

/** Throws where the target takes more from this machine than the command line grants with `--allow`. */
export function requireGranted(target: Target, granted: readonly string[]): void {
  const asked = [...(target.entitlements ?? []), ...(target.network === 'host' ? ['network.host'] : [])];
  const missing = asked.find((name) => !granted.includes(name));
  if (missing === undefined) return;
  throw new TsbuildError('USAGE', `the target ${target.name} asks for ${missing}, which is not granted`, {
    hint: `pass --allow ${missing} if you trust the bake file with it`,
  });
}

function unsupported({ name }: Target, what: string, hint: string): TsbuildError {
  return new TsbuildError('UNSUPPORTED', `the target ${name}: this version of tsbuild does not build with ${what}`, {
    hint,
  });
}

function present(map: ReadonlyMap<string, string | null> | undefined): [string, string][] {
  return [...(map ?? [])].filter((pair): pair is [string, string] => pair[1] !== null);
}

function contextOf(where: string): string {
  return where.includes('://') && !where.startsWith('cwd://')
    ? where
    : where.startsWith('target:')
      ? where
      : cleanContext(where);
}

function tagName(tag: string, { name }: Target): string {
  const reference = parseReference(tag);
  if (reference.digest === undefined) return formatReference(reference);
  throw new TsbuildError('INVALID', `the target ${name}: a tag cannot have a digest: ${tag}`);
}

/** `ID`, or `ID=PATH,PATH`, as `--ssh` takes it. */
function sshText(entry: Entry): string {
  const [id, paths] = [String(entry.get('id') ?? 'default'), entry.get('paths')];
  return paths === undefined ? id : `${id}=${String(paths)}`;
}

/** Nothing said means: into the store. A target that only others are built on goes nowhere (`cacheonly`). */
function outputsOf(target: Target): Output[] {
  const outputs = (target.output ?? [])
    .filter((entry) => entry.get('type') !== 'cacheonly')
    .map((entry) => outputOf(entry, target));
  if (outputs.some((output) => output.type === 'image' && output.push) && (target.tags ?? []).length === 0) {
    throw new TsbuildError('USAGE', `the target ${target.name}: a push needs a name`, {
      hint: 'give it tags = ["REGISTRY/NAME:TAG"]',
    });
  }
  return target.output === undefined || target.output.length === 0
    ? [{ type: 'image', names: [], push: false }]
    : outputs;
}

/** `registry` is an image that is pushed, and `docker` without a file the store, which takes docker's place. */
function outputOf(entry: Entry, { name }: Target): Output {
  const fields = new Map(entry);
  if (fields.get('type') === 'registry') fields.set('type', 'image').set('push', 'true');
  if (fields.get('type') === 'docker' && !fields.has('dest')) fields.set('type', 'image');
  try {
    const output = parseOutput(entryText(fields));
    return 'names' in output
      ? { ...output, names: output.names.map((text) => formatReference(parseReference(text))) }
      : output;
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    throw new TsbuildError(error.code, `the target ${name}: ${error.message.replace('--output', 'output')}`, {
      hint: error.hint,
    });
  }
}

function epochOf(text: string | undefined, { name }: Target): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new TsbuildError(
    'INVALID',
    `the target ${name}: SOURCE_DATE_EPOCH is not a number of seconds: ${JSON.stringify(text)}`,
  );
}
