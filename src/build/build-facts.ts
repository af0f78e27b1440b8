import type { AttestOptions } from '../attest/options.ts';
import type { BaseImage, BuildFacts, UsedById } from '../attest/provenance/facts.ts';
import type { Digest } from '../base/digest.ts';
import { withoutCredentials } from '../base/url-credentials.ts';
import { isProxyArgument } from '../frontend/arguments.ts';
import type { DefinedVertex } from '../graph/definitions.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Solver } from '../graph/solver.ts';
import type { Result } from '../graph/vertex.ts';
import { formatPlatform, hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import type { MountOp } from '../ops/mounts/op.ts';
import { isFetched } from './fetched-context.ts';
import { type BuildInput, type ContextDirectory, contextDirectory } from './input.ts';
import type { Recording } from './recording.ts';
import type { ResolvedImages } from './resolved-image.ts';
import type { BuildTarget } from './target.ts';

/** An image that is built and not delivered yet, with all that is known of how it was made. */
export interface AttestedBuild {
  target: BuildTarget;
  input: BuildInput;
  plan: ImagePlan;
  platform: Platform;
  attest: AttestOptions;
  result: Result;
  solver: Solver;
  recording: Recording;
  /** The build contexts, by scope. */
  directories: ReadonlyMap<string, ContextDirectory>;
  resolved: ResolvedImages;
}

/** What is known of a build, for its provenance. */
export async function buildFacts(built: AttestedBuild): Promise<BuildFacts> {
  const { target, input, plan, solver, recording } = built;
  const steps = await solver.definitions.all([plan.rootfs]);
  const contextNames = namesOfContexts(built);
  const hasClock = (plan.epoch ?? target.epoch) === undefined;
  return {
    arguments: argumentsOf(target),
    withheld: Object.keys(target.buildArgs).some(isProxyArgument),
    path: pathOf(target, input.source.name),
    source: input.source,
    context: input.origin,
    locals: localsOf(steps, contextNames, target),
    secrets: [...usedBy(steps, 'secret'), ...serverSecrets(steps, target)],
    agents: usedBy(steps, 'ssh'),
    steps,
    images: imagesOf(steps, built),
    contextNames,
    builderPlatform: formatPlatform(hostPlatform()),
    invocation: hasClock ? { id: recording.id, started: recording.started, finished: Date.now() } : undefined,
  };
}

/** The options by the names that BuildKit's frontend has for them. Proxies may have passwords, and are left out. */
function argumentsOf(target: BuildTarget): Record<string, string> {
  const { buildArgs, labels, contexts = {}, platforms = [], noCache, noCacheFilter = [], pull, steps } = target;
  const named = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]): [string, string] => [`${prefix}:${name}`, value]);
  const isLocal = (where: string) => !/^[a-z+-]+:\/\/|^target:|^git@/.test(where);
  const shownContexts = Object.entries(contexts).map(([name, where]): [string, string] => [
    name,
    isLocal(where) ? `local:${name}` : withoutCredentials(where),
  ]);
  return Object.fromEntries([
    ...named('build-arg', buildArgs).filter(([name]) => !isProxyArgument(name.slice('build-arg:'.length))),
    ...named('label', labels),
    ...named('context', Object.fromEntries(shownContexts)),
    ...(target.target === undefined ? [] : [['target', target.target]]),
    ...(platforms.length === 0 ? [] : [['platform', platforms.map(formatPlatform).join(',')]]),
    ...(noCache || noCacheFilter.length > 0 ? [['no-cache', noCacheFilter.join(',')]] : []),
    ...(pull ? [['image-resolve-mode', 'pull']] : []),
    ...(steps?.network === undefined ? [] : [['force-network-mode', steps.network]]),
  ]);
}

/** Where the build file lies in what it came with. */
function pathOf({ context, file, inline }: BuildTarget, name: string): string {
  if (inline !== undefined || file === '-') return 'Dockerfile';
  return isFetched(context) && context !== '-' && file !== undefined ? file : name;
}

function namesOfContexts({ directories, input, target }: AttestedBuild): Map<string, string> {
  const given = Object.entries(target.contexts ?? {});
  const isOf = (where: string, directory: string) => {
    try {
      return contextDirectory(where.replace(/^cwd:\/\//, '')) === directory;
    } catch {
      return false;
    }
  };
  const nameOf = (directory: string) =>
    directory === input.directory ? 'context' : given.find(([, where]) => isOf(where, directory))?.[0];
  return new Map([...directories].map(([scope, { directory }]) => [scope, nameOf(directory) ?? 'context']));
}

/** The directories of this machine that steps take files from, and the one of the build file. */
function localsOf(
  steps: readonly DefinedVertex[],
  names: ReadonlyMap<string, string>,
  { context, inline, file }: BuildTarget,
): string[] {
  const used = steps.flatMap(({ vertex: { op, scope = '' } }) =>
    op.kind === 'copy' && op.from === 'context' && hasFiles(op.sources) ? [names.get(scope) ?? 'context'] : [],
  );
  const isHere = !isFetched(context) || context === '-';
  const own = used.filter((name) => isHere || name !== 'context');
  const hasFile = isHere && inline === undefined && file !== '-';
  return [...new Set(own)].sort().concat(hasFile ? ['dockerfile'] : []);
}

/** Whether a COPY reads the context, and not just what the build file says or a URL gives. */
function hasFiles(sources: unknown): boolean {
  return (sources as readonly object[]).some((source) => 'pattern' in source && !('input' in source));
}

function usedBy(steps: readonly DefinedVertex[], type: 'secret' | 'ssh'): UsedById[] {
  const found = new Map<string, UsedById>();
  for (const { vertex } of steps) {
    const mounts = (vertex.op.kind === 'run' ? (vertex.op.mounts ?? []) : []) as unknown as readonly MountOp[];
    for (const mount of mounts) {
      if (mount.type !== type) continue;
      const isOptional = !mount.required && found.get(mount.id)?.optional !== undefined;
      found.set(
        mount.id,
        mount.required
          ? { id: mount.id }
          : { id: mount.id, ...((isOptional || !found.has(mount.id)) && { optional: true }) },
      );
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Secrets that go to the servers of what is fetched. */
function serverSecrets(steps: readonly DefinedVertex[], { secrets = new Map() }: BuildTarget): UsedById[] {
  const fetches = steps.some(({ vertex: { op } }) => op.kind === 'git' || op.kind === 'http');
  const ids = fetches ? [...secrets.keys()].filter((id) => /^(GIT|HTTP)_AUTH_/.test(id)).sort() : [];
  return ids.map((id) => ({ id, optional: true }));
}

function imagesOf(
  steps: readonly DefinedVertex[],
  { resolved, platform }: AttestedBuild,
): Map<Digest, readonly BaseImage[]> {
  const images = steps.flatMap(({ vertex: { op } }): [Digest, BaseImage[]][] => {
    if (op.kind !== 'image') return [];
    const found = resolved.of(op.manifest as Digest);
    return [
      [
        op.manifest as Digest,
        found.map(({ reference, digest, manifest, config }) => ({
          reference,
          digest: digest ?? manifest.digest,
          platform: formatPlatform({ ...platform, ...config, variant: config.variant }),
        })),
      ],
    ];
  });
  return new Map(images);
}
