import pLimit from 'p-limit';
import type { Digest } from '../base/digest.ts';
import { type TsbuildError, toTsbuildError } from '../base/error.ts';
import type { EventSink } from '../base/events.ts';
import { type Definition, Definitions, type Executors, locatedAt } from './definitions.ts';
import { keyOf } from './keys.ts';
import type { Cache, CacheHit, DefinitionRecord, ResultRecord } from './records.ts';
import type { ExecuteContext, PreImage, Result, Vertex } from './vertex.ts';

export interface SolveOptions {
  executors: Executors;
  cache: Cache;
  /** How many vertices execute at once. */
  jobs: number;
  emit: EventSink;
  /** Aborted from outside (a signal); every execution hears of it. */
  signal: AbortSignal;
}

/** What is recorded of a vertex, under its two keys. */
export interface VertexRecords {
  key: Digest;
  definition: DefinitionRecord;
  content: Digest;
  result: ResultRecord;
}

/**
 * Evaluates vertices and what they need.
 *
 * A vertex is looked up by its definition (its op and the definitions of its inputs): a hit needs no input. Where
 * that misses, the inputs are evaluated and the vertex is looked up by content: its op and what it reads of the
 * inputs' results. So a stage that ran again and made the same bytes does not invalidate who copies from it. What
 * misses both is executed, at most `jobs` at a time, and recorded under both keys. Vertices with the same
 * definition are one: they run once.
 *
 * A vertex with `ignoreCache` is executed in any case, and so is what is made of its result. What only reads files of
 * that is looked up by their content as ever.
 *
 * The first failure cancels everything else; `solve` rejects when nothing runs any more.
 */
export class Solver {
  readonly #options: SolveOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #abort = new AbortController();
  readonly definitions: Definitions;
  readonly #results = new Map<string, Promise<Result>>();
  /** Results that were made in spite of the cache: they have the identity of the recorded one, and other content. */
  readonly #remade = new Set<Result>();
  readonly #declared = new Set<Digest>();
  #failure: TsbuildError | undefined;

  constructor(options: SolveOptions) {
    this.#options = options;
    this.definitions = new Definitions(options.executors);
    this.#limit = pLimit(options.jobs);
    const forward = () => this.#abort.abort(options.signal.reason);
    if (options.signal.aborted) forward();
    else options.signal.addEventListener('abort', forward, { once: true });
  }

  async solve(targets: readonly Vertex[]): Promise<Result[]> {
    const settled = await Promise.allSettled(targets.map((target) => this.#resolve(target)));
    await this.#allQuiet();
    this.#options.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    return settled.map((outcome) => {
      if (outcome.status === 'fulfilled') return outcome.value;
      throw outcome.reason;
    });
  }

  /**
   * The cache records of targets that have been solved and of the vertices that they need, as far as there are any:
   * inputs come first. With `first`, of the first input of each vertex only.
   */
  async records(targets: readonly Vertex[], options: { first: boolean }): Promise<VertexRecords[]> {
    const found = new Map<Digest, VertexRecords | undefined>();
    const visit = async (vertex: Vertex): Promise<void> => {
      const { key, preImage } = await this.definitions.of(vertex);
      if (found.has(key)) return;
      for (const input of options.first ? vertex.inputs.slice(0, 1) : vertex.inputs) await visit(input);
      const executor = this.definitions.executor(vertex);
      const hit = executor.cacheable ? await this.#options.cache.byDefinition(key, executor.usable) : undefined;
      const definition = hit && { content: hit.result.id, preImage };
      found.set(key, hit && definition && { key, definition, content: hit.result.id, result: hit.record });
    };
    for (const target of targets) await visit(target);
    return [...found.values()].filter((records) => records !== undefined);
  }

  /** Waits for everything that has been started, and for what that starts meanwhile. */
  async #allQuiet(): Promise<void> {
    for (let known = -1, now = 0; known !== now; ) {
      known = now;
      await Promise.allSettled(this.#results.values());
      now = (await this.definitions.settled()) + this.#results.size;
    }
  }

  async #resolve(vertex: Vertex): Promise<Result> {
    let definition: Definition;
    try {
      definition = await this.definitions.of(vertex);
    } catch (error) {
      throw this.#fail(toTsbuildError(error));
    }
    const key = `${definition.key} ${definition.fresh}`;
    let result = this.#results.get(key);
    if (result === undefined) {
      result = this.#evaluate(vertex, definition).catch((error: unknown) => {
        throw this.#fail(toTsbuildError(error));
      });
      this.#results.set(key, result);
    }
    return result;
  }

  async #evaluate(vertex: Vertex, definition: Definition): Promise<Result> {
    const executor = this.definitions.executor(vertex);
    if (executor.cacheable && !definition.fresh) {
      const hit = await this.#options.cache.byDefinition(definition.key, executor.usable);
      if (hit !== undefined) {
        await this.#reportCached(vertex);
        return hit.result;
      }
    }
    const inputs = await Promise.all(vertex.inputs.map((input) => this.#resolve(input)));
    this.#abort.signal.throwIfAborted();
    const preImage = await this.#contentPreImage(vertex, definition, inputs);
    const key = keyOf('content', preImage);
    const remake = vertex.ignoreCache === true || this.#takesRemade(inputs, preImage);
    const reuse = executor.cacheable && !remake;
    const hit = reuse ? await this.#options.cache.byContent(key, executor.usable) : undefined;
    if (hit !== undefined) return this.#linkHit(vertex, definition, hit);
    const result = await this.#limit(() => this.#execute(vertex, definition, inputs, key, preImage));
    if (remake) this.#remade.add(result);
    return result;
  }

  /** Whether a whole input, and not just what is read of it, was made in spite of the cache. */
  #takesRemade(inputs: readonly Result[], preImage: PreImage): boolean {
    return inputs.some((input, index) => this.#remade.has(input) && preImage.inputs[index] === input.id);
  }

  async #contentPreImage(vertex: Vertex, definition: Definition, inputs: readonly Result[]): Promise<PreImage> {
    try {
      const executor = this.definitions.executor(vertex);
      const content = await executor.contentOf?.(vertex, inputs);
      return {
        op: executor.contentOp?.(vertex) ?? vertex.op,
        material: definition.material,
        inputs: content ?? inputs.map((input) => input.id),
      };
    } catch (error) {
      throw this.#fail(locatedAt(vertex, error));
    }
  }

  async #linkHit(vertex: Vertex, definition: Definition, hit: CacheHit): Promise<Result> {
    this.#options.cache.putDefinition(definition.key, { content: hit.result.id, preImage: definition.preImage });
    await this.#reportCached(vertex);
    return hit.result;
  }

  async #execute(
    vertex: Vertex,
    definition: Definition,
    inputs: readonly Result[],
    key: Digest,
    preImage: PreImage,
  ): Promise<Result> {
    this.#abort.signal.throwIfAborted();
    const executor = this.definitions.executor(vertex);
    const { emit } = this.#options;
    const id = definition.key;
    const started = Date.now();
    // A base image behind a hit has been shown as cached; that another step needs it too is no second event.
    const shown = (await this.#declare(vertex)) || (executor.cacheable && !vertex.display.internal);
    if (shown) emit({ type: 'started', vertex: id, time: started });
    try {
      const executed = await executor.execute(vertex, inputs, this.#executeContext(id));
      const completed = Date.now();
      const result = { id: executed.id ?? key, value: executed.value, created: executed.created ?? completed };
      if (executor.cacheable)
        this.#record(vertex, definition, { key, preImage, result, duration: completed - started });
      if (shown) emit({ type: 'completed', vertex: id, time: completed });
      return result;
    } catch (thrown) {
      const cancelled = this.#abort.signal.aborted;
      const error = locatedAt(vertex, thrown);
      emit({ type: 'completed', vertex: id, time: Date.now(), error: cancelled ? 'cancelled' : error.message });
      throw cancelled ? error : this.#fail(error);
    }
  }

  #record(
    vertex: Vertex,
    definition: Definition,
    { key, preImage, result, duration }: { key: Digest; preImage: PreImage; result: Result; duration: number },
  ): void {
    const { cache } = this.#options;
    const { name } = vertex.display;
    cache.putResult(key, { value: result.value, created: result.created, duration, name, preImage });
    cache.putDefinition(definition.key, { content: key, preImage: definition.preImage });
  }

  #executeContext(vertex: Digest): ExecuteContext {
    const { emit } = this.#options;
    return {
      signal: this.#abort.signal,
      log: (stream, data) => emit({ type: 'log', vertex, time: Date.now(), stream, data }),
      status: (id, action, current, total) =>
        emit({ type: 'status', vertex, id, action, current, total, time: Date.now() }),
    };
  }

  /** A hit stands for everything behind it, so all of it is shown as cached. */
  async #reportCached(vertex: Vertex): Promise<void> {
    const { key } = await this.definitions.of(vertex);
    if (this.#declared.has(key)) return;
    for (const input of vertex.inputs) await this.#reportCached(input);
    if (await this.#declare(vertex)) this.#options.emit({ type: 'cached', vertex: key, time: Date.now() });
  }

  /** Announces a vertex once; false where it has been announced already, or is not for the user. */
  async #declare(vertex: Vertex): Promise<boolean> {
    if (vertex.display.internal) return false;
    const { key } = await this.definitions.of(vertex);
    const shown = vertex.inputs.filter(({ display }) => !display.internal);
    const inputs = await Promise.all(shown.map((input) => this.definitions.of(input)));
    if (this.#declared.has(key)) return false;
    this.#declared.add(key);
    this.#options.emit({
      type: 'vertex',
      vertex: key,
      name: vertex.display.name,
      inputs: inputs.map((input) => input.key),
      time: Date.now(),
    });
    return true;
  }

  #fail(error: TsbuildError): TsbuildError {
    this.#failure ??= error;
    this.#abort.abort(error);
    return error;
  }
}
