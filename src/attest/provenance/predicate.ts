import type { Json } from '../../base/digest.ts';
import type { Attestation } from '../attestation.ts';
import type { ProvenanceOptions } from '../options.ts';
import { type BuildDefinition, definitionOf } from './definition.ts';
import { dependenciesOf } from './dependencies.ts';
import type { BuildFacts } from './facts.ts';

const BUILD_TYPE = 'https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md';
const OLD_BUILD_TYPE = 'https://mobyproject.org/buildkit@v1';
const FRONTEND = 'dockerfile.v0';

/**
 * How an image was made: SLSA provenance, with the fields and the build type of the reference builder. `min` leaves out
 * what may be private: values of build arguments and labels, secrets' ids, the build file and the steps.
 */
export function provenanceOf(facts: BuildFacts, options: ProvenanceOptions): Attestation {
  const predicate = options.version === 'v1' ? slsa1(facts, options) : slsa02(facts, options);
  const predicateType = `https://slsa.dev/provenance/${options.version}`;
  return { predicateType, predicate: predicate as unknown as Json, fileName: 'provenance.json' };
}

function slsa1(facts: BuildFacts, options: ProvenanceOptions) {
  const common = commonOf(facts, options);
  const { invocation, context, path } = facts;
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { configSource: { ...context, path }, request: common.request },
      internalParameters: {
        ...(common.buildConfig && { buildConfig: common.buildConfig }),
        builderPlatform: facts.builderPlatform,
      },
      resolvedDependencies: common.dependencies,
    },
    runDetails: {
      builder: { id: options.builderId },
      metadata: {
        ...(invocation && {
          invocationId: invocation.id,
          startedOn: timeOf(invocation.started),
          finishedOn: timeOf(invocation.finished),
        }),
        buildkit_metadata: common.metadata,
        ...(common.isHermetic && { buildkit_hermetic: true }),
        buildkit_completeness: { request: common.isWhole, resolvedDependencies: common.isTracked },
        ...(options.reproducible && { buildkit_reproducible: true }),
      },
    },
  };
}

function slsa02(facts: BuildFacts, options: ProvenanceOptions) {
  const common = commonOf(facts, options);
  const { invocation, context, path } = facts;
  return {
    builder: { id: options.builderId },
    buildType: OLD_BUILD_TYPE,
    materials: common.dependencies,
    invocation: {
      configSource: { ...context, entryPoint: path },
      parameters: common.request,
      environment: { platform: facts.builderPlatform },
    },
    ...(common.buildConfig && { buildConfig: common.buildConfig }),
    metadata: {
      ...(invocation && {
        buildInvocationID: invocation.id,
        buildStartedOn: timeOf(invocation.started),
        buildFinishedOn: timeOf(invocation.finished),
      }),
      completeness: { parameters: common.isWhole, environment: true, materials: common.isTracked },
      reproducible: options.reproducible,
      ...(common.isHermetic && { 'https://mobyproject.org/buildkit@v1#hermetic': true }),
      'https://mobyproject.org/buildkit@v1#metadata': common.metadata,
    },
  };
}

function commonOf(facts: BuildFacts, { mode }: ProvenanceOptions) {
  const isTracked = facts.locals.length === 0;
  const definition = mode === 'max' ? definitionOf(facts) : undefined;
  return {
    dependencies: dependenciesOf(facts),
    request: requestOf(facts, mode),
    buildConfig: definition && {
      llbDefinition: definition.steps,
      digestMapping: Object.fromEntries([...definition.names].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    metadata: definition === undefined ? {} : { source: sourceOf(facts, definition) },
    isWhole: mode === 'max' && !facts.withheld,
    isTracked,
    isHermetic: isTracked && !facts.steps.some(({ vertex: { op } }) => op.kind === 'run' && op.network !== 'none'),
  };
}

const PRIVATE = /^(build-arg|label):/;

function requestOf({ arguments: all, secrets, agents, locals }: BuildFacts, mode: ProvenanceOptions['mode']) {
  const shown = Object.entries(all)
    .filter(([name]) => mode === 'max' || !PRIVATE.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    frontend: FRONTEND,
    ...(shown.length > 0 && { args: Object.fromEntries(shown) }),
    ...(mode === 'max' && secrets.length > 0 && { secrets }),
    ...(mode === 'max' && agents.length > 0 && { ssh: agents }),
    ...(locals.length > 0 && { locals: locals.map((name) => ({ name })) }),
  };
}

/** The build file, and which of its lines each step is. */
function sourceOf({ source }: BuildFacts, { ranges }: BuildDefinition) {
  const locations = [...ranges].map(([step, { start, end }]) => {
    const range = { start: { line: start.line }, end: { line: end.line } };
    return [step, { locations: [{ ranges: [range] }] }];
  });
  const data = Buffer.from(source.text).toString('base64');
  return { locations: Object.fromEntries(locations), infos: [{ filename: source.name, language: 'Dockerfile', data }] };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
