import { digestOf } from '../base/digest.ts';
import type { TsbuildError } from '../base/error.ts';
import { TsbuildErrors, toTsbuildError } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';
import { type Finding, Linter } from '../frontend/lint/linter.ts';
import { parseBuildFile } from '../frontend/parse.ts';
import { surveyStages } from '../frontend/plan.ts';
import type { PlanOptions, ResolvedImage, ResolveImageRequest } from '../frontend/plan-types.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { OCI_MANIFEST } from '../oci/media-types.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import { type Image, ImageSource } from '../ops/image-source.ts';
import { openStore } from '../store/open.ts';
import { readInput } from './input.ts';
import type { LayoutImage } from './layout-context.ts';
import { namedContexts } from './named-contexts.ts';
import { resolvedImage } from './resolved-image.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

type CheckOptions = Pick<BuildTarget, 'context' | 'contexts' | 'file' | 'target' | 'buildArgs' | 'pull' | 'platforms'> &
  Pick<BuildSettings, 'root' | 'signal'> & {
    /** Finds base images in the place of the store and registries. */
    resolveImage?: PlanOptions['resolveImage'] | undefined;
  };

/** What is wrong with a build file: what its checks warn of, and what would keep it from being built. */
export interface CheckResult {
  source: SourceFile;
  findings: Finding[];
  errors: TsbuildError[];
}

/**
 * Checks the stages that the target needs, or without a target all of them. Runs nothing, and of base images fetches
 * the configuration alone; the store is opened for the first of them. Goes on behind what is wrong: where a base image
 * cannot be had, its stage is checked without it.
 */
export async function checkBuild(options: CheckOptions): Promise<CheckResult> {
  const { source, rules } = readInput(options);
  const errors: unknown[] = [];
  const images = new LazyImages(options);
  try {
    const file = parseBuildFile(source);
    const linter = new Linter(file, { ...options, ignore: rules });
    const plan = planOptions(options, images);
    const tolerance = { error: (error: TsbuildError) => errors.push(error), standIn: unknownImage };
    errors.push(...(await surveyStages(file, { ...plan, tolerance }, linter)));
    return { source, findings: linter.findings, errors: sorted(errors) };
  } catch (error) {
    return { source, findings: [], errors: sorted([error]) };
  } finally {
    await images.close();
  }
}

function planOptions(options: CheckOptions, images: LazyImages): PlanOptions {
  const { contexts, target, buildArgs, platforms = [] } = options;
  const addScope = ({ directory }: { directory: string }) => directory;
  const resolveImage = options.resolveImage ?? ((request) => images.resolve(request));
  const resolveLayout = (image: LayoutImage, wanted: Platform) => images.resolveLayout(image, wanted);
  return {
    target,
    buildArgs,
    labels: {},
    scope: '',
    noCache: false,
    namedContext: contexts && namedContexts({ contexts, addScope, resolveImage, resolveLayout, planOf: unseenTarget }),
    buildPlatform: hostPlatform(),
    targetPlatform: platforms[0] ?? hostPlatform(),
    platformGiven: platforms.length > 0,
    resolveImage,
    warn: () => undefined,
  };
}

/** What another target builds is not looked at here. */
async function unseenTarget(): Promise<ImagePlan> {
  const rootfs = { op: { kind: 'scratch' }, inputs: [], display: { name: 'scratch', internal: true } };
  return { rootfs, platform: hostPlatform(), config: {}, author: undefined, history: [], baseCreated: undefined };
}

class LazyImages {
  readonly #options: CheckOptions;
  #images: Promise<ImageSource> | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  async resolve({ name, platform }: ResolveImageRequest): Promise<ResolvedImage> {
    const { pull, signal } = this.#options;
    return this.#resolved((images) => images.resolve(name, { platform, pull, signal }));
  }

  async resolveLayout({ directory, descriptor }: LayoutImage, platform: Platform): Promise<ResolvedImage> {
    const { signal } = this.#options;
    return this.#resolved((images) => images.resolveInLayout(directory, descriptor, { platform, signal }));
  }

  async #resolved(resolve: (images: ImageSource) => Promise<Image>): Promise<ResolvedImage> {
    this.#images ??= openStore(this.#options.root).then((store) => new ImageSource(store));
    return resolvedImage(await resolve(await this.#images));
  }

  async close(): Promise<void> {
    const images = await this.#images?.catch(() => undefined);
    await images?.close();
  }
}

/** An image of which nothing is known but its name. */
export function unknownImage({ name, platform: { os, architecture, variant } }: ResolveImageRequest): ResolvedImage {
  return {
    reference: name,
    manifest: { mediaType: OCI_MANIFEST, digest: digestOf(name), size: 0 },
    layers: [],
    config: { os, architecture, variant, rootfs: { type: 'layers', diff_ids: [] } },
    unknown: true,
  };
}

/** In the order of the file, each once. */
function sorted(errors: readonly unknown[]): TsbuildError[] {
  const flat = errors.flatMap((error) => (error instanceof TsbuildErrors ? error.errors : [toTsbuildError(error)]));
  const place = ({ location }: TsbuildError) => location?.start.offset ?? 0;
  return [...new Set(flat)].sort((a, b) => place(a) - place(b));
}
