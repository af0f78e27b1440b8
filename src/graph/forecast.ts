import type { Digest } from '../base/digest.ts';
import type { DefinedVertex, Definitions } from './definitions.ts';
import { keyOf } from './keys.ts';
import type { Cache, ResultRecord } from './records.ts';
import type { Executor, Result, Vertex } from './vertex.ts';

/**
 * What a build would do with a vertex: take it from the cache, execute it, or one of both, as what it reads of a
 * vertex that is executed turns out. `free` costs nothing and is never recorded.
 */
export type Outcome = 'hit' | 'miss' | 'open' | 'free';

export interface Forecast extends DefinedVertex {
  outcome: Outcome;
  /** Of a hit. */
  record?: ResultRecord | undefined;
}

/** What is known of a vertex's result before the build. */
interface Foreseen {
  outcome: Outcome;
  record?: ResultRecord | undefined;
  /** The identity of the result, also of one that is yet to be made; undefined where nobody can tell. */
  id?: Digest | undefined;
  /** Where it exists. */
  result?: Result | undefined;
}

/** Says of every vertex that the targets need what a build would do with it, and executes none. Inputs come first. */
export async function forecast(
  targets: readonly Vertex[],
  { definitions, cache }: { definitions: Definitions; cache: Cache },
): Promise<Forecast[]> {
  const known = new Map<Digest, Foreseen>();
  const forecasts: Forecast[] = [];
  for (const defined of await definitions.all(targets)) {
    const inputs = defined.preImage.inputs.map((key) => known.get(key as Digest) as Foreseen);
    const foreseen = await foresee(defined, inputs, { executor: definitions.executor(defined.vertex), cache });
    known.set(defined.key, foreseen);
    forecasts.push({ ...defined, outcome: foreseen.outcome, record: foreseen.record });
  }
  return forecasts;
}

async function foresee(
  { vertex, key, preImage, fresh }: DefinedVertex,
  inputs: readonly Foreseen[],
  { executor, cache }: { executor: Executor; cache: Cache },
): Promise<Foreseen> {
  if (!executor.cacheable) return { outcome: 'free', id: executor.idOf?.(vertex) };
  const hit = fresh ? undefined : await cache.byDefinition(key, executor.usable);
  if (hit !== undefined) return { outcome: 'hit', ...hit, id: hit.result.id };
  if (vertex.ignoreCache === true) return { outcome: 'miss' };
  const results = resultsOf(executor, inputs);
  if (results === undefined) return { outcome: fresh && inputs[0]?.id === undefined ? 'miss' : 'open' };
  const op = executor.contentOp?.(vertex) ?? vertex.op;
  const content = (await executor.contentOf?.(vertex, results)) ?? results.map(({ id }) => id);
  const id = keyOf('content', { op, material: preImage.material, inputs: content });
  const same = await cache.byContent(id, executor.usable);
  return same === undefined ? { outcome: 'miss', id } : { outcome: 'hit', ...same, id };
}

/**
 * The inputs' results as far as the executor reads them: of the first its id alone; of the others files, where it says
 * what it reads. Undefined where something of that is yet to be made.
 */
function resultsOf(executor: Executor, inputs: readonly Foreseen[]): Result[] | undefined {
  const results = inputs.map(({ id, result }, index): Result | undefined => {
    if (result !== undefined || id === undefined) return result;
    return index > 0 && executor.contentOf !== undefined ? undefined : { id, value: null, created: 0 };
  });
  return results.every((result) => result !== undefined) ? results : undefined;
}
