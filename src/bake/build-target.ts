import { isAbsolute, join } from 'node:path';
import { parseAttests } from '../attest/options.ts';
import { TsbuildError } from '../base/error.ts';
import { epochOf } from '../build/epoch.ts';
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

/** The target as a build takes it. Throws an error that names the target where it has what cannot be built. */
export function buildTargetOf(target: Target, env: NodeJS.ProcessEnv): BuildTarget {
  try {
    refuse(target);
    return converted(target, env);
  } catch (error) {
    if (error instanceof TsbuildError) throw inTarget(target, error);
    throw error;
  }
}

/** What reads values reads those of options, too: here none was wrong, but the file. */
function inTarget({ name }: Target, { code, message, hint, cause }: TsbuildError): TsbuildError {
  const text = `the target ${name}: ${message.replace(/^--/, '')}`;
  return new TsbuildError(code === 'USAGE' ? 'INVALID' : code, text, { hint, cause });
}

function converted(target: Target, env: NodeJS.ProcessEnv): BuildTarget {
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
    tags: (target.tags ?? []).map(tagName),
    buildArgs: args,
    labels: Object.fromEntries(present(target.labels)),
    noCache: target['no-cache'] === true,
    noCacheFilter: target['no-cache-filter'],
    platforms: parsePlatforms(target.platforms ?? []),
    cacheFrom: (target['cache-from'] ?? []).map((entry) => parseCacheFrom(entryText(entry))),
    cacheTo: (target['cache-to'] ?? []).map((entry) => parseCacheTo(entryText(entry))),
    attest: parseAttests((target.attest ?? []).map(entryText)),
    pull: target.pull === true,
    secrets: parseSecrets((target.secret ?? []).map(entryText), env),
    agents: parseAgents((target.ssh ?? []).map(sshText), env),
    ...stepsOf(target),
    outputs: outputsOf(target),
    epoch: epochOf(args.SOURCE_DATE_EPOCH),
  };
}

/** Attributes of a target that change what is built, and that no build has yet. */
const UNSUPPORTED: readonly Attribute[] = ['annotations'];

function refuse(target: Target): void {
  const found = UNSUPPORTED.find((name) => {
    const value = target[name];
    return value !== undefined && (typeof value === 'string' || Array.from(value as Iterable<unknown>).length > 0);
  });
  if (found !== undefined) throw unsupported(found, `--set ${target.name}.${found}= takes it out for one build`);
  if (target.call !== undefined && target.call !== 'build' && target.call !== '') {
    throw unsupported(`call = ${target.call}`, '`tsbuild build --call` looks at one build file; bake builds');
  }
}

/** How its steps run. */
function stepsOf(target: Target): Pick<BuildTarget, 'hosts' | 'steps'> {
  const options: StepArguments = {
    network: target.network || undefined,
    shmSize: target['shm-size'] || undefined,
    ulimit: target.ulimits,
    allow: target.entitlements,
    addHost: present(target['extra-hosts']).map(([name, address]) => `${name}=${address}`),
  };
  return { hosts: hostEntries(options), steps: stepSettings(options) };
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

function unsupported(what: string, hint: string): TsbuildError {
  return new TsbuildError('UNSUPPORTED', `this version of tsbuild does not build with ${what}`, { hint });
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

function tagName(tag: string): string {
  const reference = parseReference(tag);
  if (reference.digest === undefined) return formatReference(reference);
  throw new TsbuildError('INVALID', `a tag cannot have a digest: ${tag}`);
}

/** `ID`, or `ID=PATH,PATH`, as `--ssh` takes it. */
function sshText(entry: Entry): string {
  const [id, paths] = [String(entry.get('id') ?? 'default'), entry.get('paths')];
  return paths === undefined ? id : `${id}=${String(paths)}`;
}

/** Nothing said means: into the store. A target that only others are built on goes nowhere (`cacheonly`). */
function outputsOf(target: Target): Output[] {
  const outputs = (target.output ?? []).filter((entry) => entry.get('type') !== 'cacheonly').map(outputOf);
  if (outputs.some((output) => output.type === 'image' && output.push) && (target.tags ?? []).length === 0) {
    throw new TsbuildError('INVALID', 'a push needs a name', {
      hint: 'give it tags = ["REGISTRY/NAME:TAG"]',
    });
  }
  return target.output === undefined || target.output.length === 0
    ? [{ type: 'image', names: [], push: false }]
    : outputs;
}

/** `registry` is an image that is pushed, and `docker` without a file the store, which takes docker's place. */
function outputOf(entry: Entry): Output {
  const fields = new Map(entry);
  if (fields.get('type') === 'registry') fields.set('type', 'image').set('push', 'true');
  if (fields.get('type') === 'docker' && !fields.has('dest')) fields.set('type', 'image');
  const output = parseOutput(entryText(fields));
  return 'names' in output
    ? { ...output, names: output.names.map((text) => formatReference(parseReference(text))) }
    : output;
}
