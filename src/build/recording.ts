import { type Digest, hexOf, type Json } from '../base/digest.ts';
import { toTsbuildError } from '../base/error.ts';
import type { BuildEvent } from '../base/events.ts';
import type { ReadCache } from '../cache/read.ts';
import type { TargetExplanation } from '../explain/types.ts';
import type { Solver } from '../graph/solver.ts';
import { branchOf } from '../journal/branch.ts';
import { newBuildId } from '../journal/build-id.ts';
import { BuildJournals } from '../journal/builds.ts';
import { Redactor, secretParts } from '../journal/redact.ts';
import { StepTracker } from '../journal/step-tracker.ts';
import { TargetMemory } from '../journal/target-memory.ts';
import type { BuildSummary, JournalStep, JournalTarget, LayerSummary } from '../journal/types.ts';
import { JournalWriter } from '../journal/writer.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import type { ContextDirectory } from './input.ts';
import { recordedGraph } from './recorded-graph.ts';
import { identityOf, type RecordedTarget } from './recorded-target.ts';
import type { BuildSettings } from './target.ts';

/** More output than this, in bytes, is worth looking at what all journals take. */
const MUCH_OUTPUT = 1024 * 1024;

/** What a build was solved with. */
interface SolvedWith {
  solver: Solver;
  /** Build contexts by scope. */
  directories: ReadonlyMap<string, ContextDirectory>;
  snapshots: Snapshots;
  /** The caches of other machines that something was looked up in. */
  imported: () => Promise<readonly ReadCache[]>;
}

interface OpenJournal {
  store: Store;
  journals: BuildJournals;
  writer: JournalWriter;
}

/**
 * Keeps what happens in a build: its events, what each target was, and why steps were executed. Nothing is written
 * before the store is open; secrets that steps were given are masked in what is kept.
 */
export class Recording {
  readonly id: string;
  readonly #settings: BuildSettings;
  readonly started = Date.now();
  readonly #early: BuildEvent[] = [];
  readonly #tracker = new StepTracker();
  readonly #redactors = new Map<string, Redactor>();
  readonly #secrets: Buffer[] = [];
  #open: OpenJournal | undefined;
  /** Set once the journal has been given up. */
  #givenUp = false;
  #targets: JournalTarget[] = [];
  #images: readonly string[] = [];
  #explanations: readonly TargetExplanation[] = [];
  #layers: ReadonlyMap<string, LayerSummary> = new Map();
  #finish: (failed: boolean) => void = () => undefined;

  constructor(settings: BuildSettings) {
    this.#settings = settings;
    this.id = newBuildId(this.started);
  }

  /** What stands in the place of the settings' own: every event is kept, and passed on. */
  readonly emit = (event: BuildEvent): void => {
    this.#settings.emit(event);
    this.#tracker.accept(event);
    if (this.#givenUp) return;
    if (this.#open === undefined) this.#early.push(event);
    else this.#orGiveUp(({ writer }) => this.#write(event, writer));
  };

  /** Told of each secret that a step is given. */
  readonly onSecret = (value: Buffer): void => {
    this.#secrets.push(...secretParts(value));
  };

  /** IDs of the images. */
  delivered(images: readonly string[]): void {
    this.#images = images;
  }

  /** Keeps what happens in a build whose store is open, whatever it ends with. */
  async during<T>(store: Store, work: () => Promise<T>): Promise<T> {
    this.#begin(store);
    try {
      const result = await work();
      this.#orGiveUp((open) => this.#end(open));
      return result;
    } catch (error) {
      this.#orGiveUp((open) => this.#end(open, error));
      throw error;
    }
  }

  #begin(store: Store): void {
    const journals = new BuildJournals(store.layout);
    const writer = new JournalWriter(journals.directory(this.id));
    this.#open = { store, journals, writer };
    this.#orGiveUp(() => {
      for (const event of this.#early.splice(0)) this.#write(event, writer);
    });
  }

  /** What cannot be kept, on a full disk, is a warning, and the build goes on without a journal. */
  #orGiveUp(work: (open: OpenJournal) => void): void {
    if (this.#open === undefined) return;
    try {
      work(this.#open);
    } catch (error) {
      this.#givenUp = true;
      this.#open = undefined;
      const message = `the journal of this build cannot be kept: ${toTsbuildError(error).message}`;
      this.#settings.emit({ type: 'warning', time: Date.now(), message });
    }
  }

  /**
   * Says what was built, as soon as it is solved or has failed: explained where something was executed. Does nothing
   * where a file that a step reads was not there.
   */
  async solved(
    targets: readonly RecordedTarget[],
    { solver, directories, snapshots, imported }: SolvedWith,
  ): Promise<void> {
    if (this.#open === undefined) return;
    const roots = targets.flatMap(({ plans }) => plans.map(({ plan }) => plan.rootfs));
    if (!(await solver.definitions.areKnown(roots))) return;
    const { store } = this.#open;
    await this.#measureLayers(store, snapshots);
    const memory = new TargetMemory(store.records);
    const graphs = await Promise.all(
      targets.map(({ plans }) =>
        Promise.all(plans.map((plan) => recordedGraph(plan, solver.definitions, directories))),
      ),
    );
    this.#targets = targets.map(({ target, input }) => ({ ...identityOf(target, input), tags: target.tags }));
    if (this.#tracker.executed.size > 0 || this.#settings.onExplained !== undefined) {
      const { explainBuilt } = await import('./explain-built.ts');
      const steps = this.#tracker;
      const built = { imported: await imported(), store, memory, solver, steps, directories };
      this.#explanations = await explainBuilt(targets, graphs, built);
      this.#settings.onExplained?.(this.#explanations);
    }
    this.#finish = (failed) => {
      for (const [index, { target, input }] of targets.entries()) {
        memory.remember(identityOf(target, input), {
          build: this.id,
          time: this.started,
          branch: branchOf(input.directory),
          failed: failed || undefined,
          graphs: (graphs[index] ?? []).map((graph) => memory.keep(graph)),
        });
      }
    };
  }

  async #measureLayers(store: Store, snapshots: Snapshots): Promise<void> {
    if (this.#tracker.executed.size === 0) return;
    const { layersOfSteps } = await import('./recorded-layers.ts');
    this.#layers = layersOfSteps(this.#tracker.executed, { store, snapshots });
  }

  #end({ store, journals, writer }: OpenJournal, error?: unknown): void {
    this.#finish(error !== undefined);
    const steps = this.#tracker.steps({ reasons: this.#reasons(), layers: this.#layers });
    this.#keepLogs(store);
    const summary: BuildSummary = {
      id: this.id,
      started: this.started,
      completed: Date.now(),
      outcome: error === undefined ? 'done' : this.#settings.signal.aborted ? 'cancelled' : 'failed',
      error: error === undefined ? undefined : this.#masked(toTsbuildError(error).message),
      targets: this.#targets,
      images: this.#images,
      jobs: this.#settings.jobs,
      steps: steps.map((step) => this.#maskedStep(step)),
    };
    writer.close(summary);
    journals.trim({ sizes: writer.size > MUCH_OUTPUT });
  }

  #reasons(): Map<string, string> {
    const steps = this.#explanations.flatMap((explanation) => explanation.steps);
    return new Map(steps.filter(({ cause }) => cause !== undefined).map(({ key, sentence }) => [key, sentence]));
  }

  #write(event: BuildEvent, writer: JournalWriter): void {
    if (event.type === 'log') {
      this.#writeLog(event, event.data, writer);
      return;
    }
    if (event.type === 'completed') this.#endLogs(event.vertex, event.time, writer);
    writer.write(event.type === 'completed' && event.error !== undefined ? this.#maskedEnd(event) : event);
  }

  #maskedEnd(event: BuildEvent & { type: 'completed' }): BuildEvent {
    return { ...event, error: this.#masked(event.error ?? '') };
  }

  /** A build file that says a secret itself keeps it; what we say about a step does not. */
  #maskedStep(step: JournalStep): JournalStep {
    if (this.#secrets.length === 0) return step;
    const { error, reason, layer } = step;
    const largest = layer?.largest.map(({ path, bytes }) => ({ path: this.#masked(path), bytes })) ?? [];
    return {
      ...step,
      error: error && this.#masked(error),
      reason: reason && this.#masked(reason),
      layer: layer && { ...layer, largest },
    };
  }

  #writeLog(event: BuildEvent & { type: 'log' }, data: Buffer, writer: JournalWriter): void {
    const { vertex, stream } = event;
    const key = `${vertex} ${stream}`;
    const redactor = this.#redactors.get(key) ?? new Redactor(this.#secrets);
    this.#redactors.set(key, redactor);
    this.#keep(event, redactor.push(data), writer);
  }

  #endLogs(vertex: string, time: number, writer: JournalWriter): void {
    for (const stream of [1, 2] as const) {
      const rest = this.#redactors.get(`${vertex} ${stream}`)?.end() ?? Buffer.alloc(0);
      this.#redactors.delete(`${vertex} ${stream}`);
      if (rest.length > 0) this.#keep({ type: 'log', vertex, stream, time, data: rest }, rest, writer);
    }
  }

  #keep(event: BuildEvent & { type: 'log' }, data: Buffer, writer: JournalWriter): void {
    writer.write(event, data);
    this.#tracker.log(event.vertex, data);
  }

  #masked(text: string): string {
    const redactor = new Redactor(this.#secrets);
    return Buffer.concat([redactor.push(Buffer.from(text)), redactor.end()]).toString();
  }

  /** The log of a step is kept with its result: a build that takes it from the cache can show it. */
  #keepLogs({ records }: Store): void {
    for (const [vertex, log] of this.#tracker.logs) {
      const record = records.get('definitions', hexOf(vertex as Digest)) as { content?: Digest } | undefined;
      if (record?.content === undefined) continue;
      records.put('logs', hexOf(record.content), { build: this.id, log } as Json);
    }
  }
}
