import type { Digest, Json } from '../base/digest.ts';
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import { keyOf } from './keys.ts';
import type { Executor, PreImage, Vertex } from './vertex.ts';

export type Executors = Readonly<Record<string, Executor>>;

/** What a vertex is looked up by before anything is known of its inputs' results. */
export interface Definition {
  key: Digest;
  material: Json | undefined;
  preImage: PreImage;
  /** Whether the vertex, or one that it needs, must not come from the cache. */
  fresh: boolean;
}

export interface DefinedVertex extends Definition {
  vertex: Vertex;
}

/** The definitions of the vertices of a build, each found out once. Executes nothing. */
export class Definitions {
  readonly #executors: Executors;
  readonly #known = new Map<Vertex, Promise<Definition>>();

  constructor(executors: Executors) {
    this.#executors = executors;
  }

  /** Settles when nothing that has been asked for is being computed. */
  async settled(): Promise<number> {
    await Promise.allSettled(this.#known.values());
    return this.#known.size;
  }

  of(vertex: Vertex): Promise<Definition> {
    let definition = this.#known.get(vertex);
    if (definition === undefined) {
      definition = this.#compute(vertex);
      this.#known.set(vertex, definition);
    }
    return definition;
  }

  /** Whether the definitions of all of these, and so of what they need, could be found out. */
  async areKnown(vertices: readonly Vertex[]): Promise<boolean> {
    const settled = await Promise.allSettled(vertices.map((vertex) => this.of(vertex)));
    return settled.every(({ status }) => status === 'fulfilled');
  }

  executor(vertex: Vertex): Executor {
    const executor = this.#executors[vertex.op.kind];
    if (executor === undefined) throw new TsbuildError('INTERNAL', `no executor for ${vertex.op.kind}`);
    return executor;
  }

  /** The targets and all that they need, inputs first; of equal vertices the first that is met. */
  async all(targets: readonly Vertex[]): Promise<DefinedVertex[]> {
    const found = new Map<Digest, DefinedVertex>();
    const visited = new Set<Vertex>();
    const visit = async (vertex: Vertex): Promise<void> => {
      if (visited.has(vertex)) return;
      visited.add(vertex);
      const definition = await this.of(vertex);
      for (const input of vertex.inputs) await visit(input);
      if (!found.has(definition.key)) found.set(definition.key, { ...definition, vertex });
    };
    for (const target of targets) await visit(target);
    return [...found.values()];
  }

  async #compute(vertex: Vertex): Promise<Definition> {
    // Each vertex begins on a stack of its own: one stage may have thousands, one behind the other.
    await undefined;
    const [material, ...inputs] = await Promise.all([
      this.#material(vertex),
      ...vertex.inputs.map((input) => this.of(input)),
    ]);
    const preImage: PreImage = { op: vertex.op, material, inputs: inputs.map((input) => input.key) };
    const fresh = vertex.ignoreCache === true || inputs.some((input) => input.fresh);
    return { key: keyOf('definition', preImage), material, preImage, fresh };
  }

  async #material(vertex: Vertex): Promise<Json | undefined> {
    try {
      return await this.executor(vertex).define?.(vertex);
    } catch (error) {
      throw locatedAt(vertex, error);
    }
  }
}

/** The error with the place of the vertex in the build file, where it has no other. */
export function locatedAt({ display }: Vertex, error: unknown): TsbuildError {
  return toTsbuildError(error).at(display.location, display.source);
}
