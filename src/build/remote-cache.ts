import type { Json } from '../base/digest.ts';
import { toTsbuildError } from '../base/error.ts';
import { collectCache } from '../cache/collect.ts';
import { exportCache } from '../cache/exporter.ts';
import { type CacheDocument, formatCache, INLINE_FIELD } from '../cache/format.ts';
import { CacheImporter } from '../cache/importer.ts';
import { mergeCaches } from '../cache/merge.ts';
import { exportMounts } from '../cache/mounts/exporter.ts';
import { MountImporter } from '../cache/mounts/importer.ts';
import type { CacheMode, CacheTo } from '../cache/options.ts';
import { type ReadCache, readCaches } from '../cache/read.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Solver } from '../graph/solver.ts';
import type { Vertex } from '../graph/vertex.ts';
import { internalStep } from './internal-step.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import type { Workspace } from './workspace.ts';

/** A target with its plans, one for each platform. */
export interface BuiltTarget {
  target: BuildTarget;
  plans: readonly ImagePlan[];
}

interface CacheOfPlace {
  /** As the first target that names the place has it. */
  to: Exclude<CacheTo, { type: 'inline' }>;
  collect: (() => Promise<CacheDocument>)[];
  /** The targets' results. */
  roots: Vertex[];
}

/** The caches that a build shares with other machines: read before a step is executed, written when all is done. */
export class RemoteCache {
  readonly #workspace: Workspace;
  readonly #settings: BuildSettings;
  readonly #importer: CacheImporter;
  readonly #mounts: MountImporter;

  /** From here on the workspace's cache knows what the `cacheFrom` of the targets have. */
  constructor(workspace: Workspace, targets: readonly BuildTarget[], settings: BuildSettings) {
    this.#workspace = workspace;
    this.#settings = settings;
    const sources = targets.flatMap(({ cacheFrom = [] }) => cacheFrom);
    const { emit, signal } = settings;
    this.#importer = new CacheImporter(sources, {
      ...workspace,
      signal,
      warn: (message) => this.#warn(message),
      step: (name, work) => internalStep(emit, `[internal] ${name}`, work),
    });
    if (sources.length > 0) workspace.cache.use(this.#importer);
    this.#mounts = new MountImporter({
      ...workspace,
      signal,
      caches: () => this.#importer.all(),
      warn: (message) => this.#warn(message),
      step: (name, work) => internalStep(emit, `[internal] ${name}`, work),
    });
    workspace.mountSource = this.#mounts;
  }

  /** The caches that something has been looked up in. */
  read(): Promise<readonly ReadCache[]> {
    return this.#importer.read();
  }

  /** What `type=inline` adds to the image's configuration; nothing where the target does not ask for it. */
  async inlineField(target: BuildTarget, plan: ImagePlan, solver: Solver): Promise<Readonly<Record<string, Json>>> {
    if (!(target.cacheTo ?? []).some(({ type }) => type === 'inline') || this.#isRefused()) return {};
    const document = await this.#collect(target, [plan], solver, 'min');
    const layers = document.layers.map(({ blob: _, ...layer }) => layer);
    const { results, definitions } = document;
    return { [INLINE_FIELD]: formatCache({ layers, results, definitions }) };
  }

  /** Writes the caches that targets ask for. Where several name one place, it gets what all of them made. */
  async export(built: readonly BuiltTarget[], solver: Solver): Promise<void> {
    const places = new Map<string, CacheOfPlace>();
    for (const { target, plans } of built) {
      for (const to of target.cacheTo ?? []) {
        if (to.type === 'inline' || this.#isRefused()) continue;
        const key = to.type === 'registry' ? to.reference : `${to.directory}:${to.tag}`;
        const place = places.get(key) ?? { to, collect: [], roots: [] };
        place.roots.push(...plans.map(({ rootfs }) => rootfs));
        place.collect.push(() => this.#collect(target, plans, solver, to.mode));
        places.set(key, place);
      }
    }
    for (const place of places.values()) await this.#exportTo(place, solver);
  }

  async #exportTo(place: CacheOfPlace, solver: Solver): Promise<void> {
    const { to, collect } = place;
    try {
      const documents: CacheDocument[] = [];
      for (const one of collect) documents.push(await one());
      await this.#write(place, mergeCaches(documents), solver);
    } catch (error) {
      if (!to.ignoreError || this.#settings.signal.aborted) throw error;
      this.#warn(`the cache was not exported: ${toTsbuildError(error).message}`);
    }
  }

  async #write({ to, roots }: CacheOfPlace, document: CacheDocument, solver: Solver): Promise<void> {
    const { emit, signal } = this.#settings;
    const place = to.type === 'registry' ? to.reference : to.directory;
    await internalStep(emit, `exporting cache to ${place}`, async (progress) => {
      const known = await this.#importer.read();
      if (!to.mounts) return exportCache(document, to, { ...this.#workspace, signal, progress, read: known });
      const read = [...known, ...(await this.#replaced(to))];
      const context = { ...this.#workspace, compression: to.compression, signal, progress, earlier: read };
      const { mounts, blobs } = await exportMounts(await solver.definitions.all(roots), this.#mounts.used, context);
      return exportCache({ ...document, mounts }, to, {
        ...this.#workspace,
        signal,
        progress,
        read,
        mountBlobs: blobs,
      });
    });
  }

  /** What is at a place now: there may be nothing, or something else. */
  async #replaced(to: CacheOfPlace['to']): Promise<readonly ReadCache[]> {
    const from = to.type === 'registry' ? to : { ...to, digest: undefined };
    try {
      return await readCaches(from, this.#workspace.images, this.#settings.signal);
    } catch (error) {
      if (this.#settings.signal.aborted) throw error;
      return [];
    }
  }

  async #collect(
    target: BuildTarget,
    plans: readonly ImagePlan[],
    solver: Solver,
    mode: CacheMode,
  ): Promise<CacheDocument> {
    const records = await solver.records(
      plans.map((plan) => plan.rootfs),
      { first: mode === 'min' },
    );
    const { signal } = this.#settings;
    const epoch = plans[0]?.epoch ?? target.epoch;
    return collectCache(records, { ...this.#workspace, epoch, signal });
  }

  /** In a namespace of a single id all files are root's: under the keys of other machines they would be wrong. */
  #isRefused(): boolean {
    if (!this.#settings.singleUid) return false;
    this.#warn('no cache is exported: this user namespace maps a single id, so that owners of files are not kept');
    return true;
  }

  #warn(message: string): void {
    this.#settings.emit({ type: 'warning', time: Date.now(), message });
  }
}
