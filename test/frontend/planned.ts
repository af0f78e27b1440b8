import { digestOf } from '../../src/base/digest.ts';
import { TsbuildError, TsbuildErrors } from '../../src/base/error.ts';
import { parseBuildFile } from '../../src/frontend/parse.ts';
import { planImage } from '../../src/frontend/plan.ts';
import type { PlanOptions, ResolvedImage, Warning } from '../../src/frontend/plan-types.ts';
import type { ImagePlan } from '../../src/graph/image-plan.ts';
import type { Op, Vertex } from '../../src/graph/vertex.ts';
import { OCI_LAYER, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import { formatPlatform } from '../../src/oci/platform.ts';
import type { ContainerConfig, ImageConfig } from '../../src/oci/types.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

/** What a test says about an image that FROM finds. */
export interface BaseImage {
  config?: ContainerConfig;
  layers?: number;
  history?: ImageConfig['history'];
  created?: string;
  author?: string;
}

export interface PlanTest extends Partial<Omit<PlanOptions, 'warn' | 'resolveImage'>> {
  images?: Record<string, BaseImage>;
}

export interface Planned {
  plan: ImagePlan;
  config: ContainerConfig;
  /** One line for each entry: `+` has a layer, `-` has none. */
  history: string[];
  warnings: Warning[];
  /** The images that were asked for, in order. */
  resolved: string[];
  /** The same, each with the platform that it was asked for. */
  asked: string[];
}

/** Plans a build file. Images are what `images` says; any other is not found. */
export async function planned(text: string, { images = {}, ...options }: PlanTest = {}): Promise<Planned> {
  const warnings: Warning[] = [];
  const resolved: string[] = [];
  const asked: string[] = [];
  const plan = await planImage(parseBuildFile({ name: 'Dockerfile', text }), {
    buildArgs: {},
    labels: {},
    scope: 'test',
    noCache: false,
    buildPlatform: AMD64,
    targetPlatform: AMD64,
    ...options,
    warn: (warning) => warnings.push(warning),
    resolveImage: async ({ name, platform }) => {
      resolved.push(name);
      asked.push(`${name} ${formatPlatform(platform)}`);
      const found = images[name];
      if (found === undefined) throw new TsbuildError('NOT_FOUND', `image ${name} not found`);
      return imageOf(name, found);
    },
  });
  const history = plan.history.map((item) =>
    item.from === 'base'
      ? `${item.entry.empty_layer ? '-' : '+'} base: ${item.entry.created_by ?? ''}`
      : `${item.emptyLayer ? '-' : '+'} ${item.createdBy}`,
  );
  return { plan, config: plan.config, history, warnings, resolved, asked };
}

/** An image without content. */
export function imageOf(name: string, { config, layers = 1, history, created, author }: BaseImage): ResolvedImage {
  const layerOf = (index: number) => digestOf(`${name} ${index}`);
  const digests = Array.from({ length: layers }, (_, index) => layerOf(index));
  return {
    reference: `docker.io/library/${name}:latest`,
    manifest: { mediaType: OCI_MANIFEST, digest: digestOf(name), size: 1 },
    layers: digests.map((digest) => ({ mediaType: OCI_LAYER, digest, size: 1 })),
    config: {
      ...AMD64,
      config,
      created,
      author,
      history: history ?? digests.map(() => ({ created_by: 'a layer' })),
      rootfs: { type: 'layers', diff_ids: digests },
    },
  };
}

/** The operations from the bottom up to the root filesystem, along the first inputs. */
export function chainOf(plan: ImagePlan): Op[] {
  const ops: Op[] = [];
  for (let vertex: Vertex | undefined = plan.rootfs; vertex !== undefined; vertex = vertex.inputs[0]) {
    ops.unshift(vertex.op);
  }
  return ops;
}

/** The last operation of a kind. */
export function lastOp<T = Record<string, unknown>>(plan: ImagePlan, kind: string): T {
  return chainOf(plan).findLast((op) => op.kind === kind) as T;
}

/** How planning fails: all errors, as `CODE line: message (hint)`. */
export async function failure(text: string, options?: PlanTest): Promise<string> {
  try {
    await planned(text, options);
  } catch (error) {
    const errors = error instanceof TsbuildErrors ? error.errors : [error as TsbuildError];
    return errors.map(describeError).join('\n');
  }
  return 'no failure';
}

function describeError(error: TsbuildError): string {
  if (!(error instanceof TsbuildError)) throw error;
  const { code, location, source, message, hint } = error;
  const place = source === undefined || source.name === 'Dockerfile' ? '' : `${source.name} `;
  return `${code} ${place}${location?.start.line ?? '?'}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
