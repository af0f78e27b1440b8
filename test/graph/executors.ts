import type { Digest, Json } from '../../src/base/digest.ts';
import type { BuildEvent } from '../../src/base/events.ts';
import { Cache, type RecordStore } from '../../src/graph/records.ts';
import { type SolveOptions, Solver } from '../../src/graph/solver.ts';
import type { ExecuteContext, Executor, Result, Vertex } from '../../src/graph/vertex.ts';

/** What a vertex of these tests does: it makes a value out of those of its inputs. */
export interface Step {
  /** Told apart from other vertices by it. */
  name: string;
  inputs?: Vertex[];
  /** Part of the definition, from outside of the graph. */
  material?: () => Promise<Json>;
  /** The value; the name and the inputs' values where absent. */
  work?: (inputs: readonly Result[], context: ExecuteContext) => Promise<Json> | Json;
  /** What it reads of its inputs; their ids where absent. */
  reads?: (inputs: readonly Result[]) => readonly Json[];
  cacheable?: boolean;
  ignoreCache?: boolean;
}

/** Records in memory, for solvers that come one after the other. */
class MemoryRecords implements RecordStore {
  readonly entries = new Map<string, string>();
  touched = 0;

  get(kind: string, key: Digest): Json | undefined {
    const text = this.entries.get(`${kind} ${key}`);
    return text === undefined ? undefined : JSON.parse(text);
  }

  put(kind: string, key: Digest, value: Json): void {
    this.entries.set(`${kind} ${key}`, JSON.stringify(value));
  }

  touch(): void {
    this.touched++;
  }
}

/** Vertices with what they do, and the executor that does it. */
export class Workbench {
  readonly records = new MemoryRecords();
  /** Names in the order in which they began to execute. */
  executed: string[] = [];
  events: BuildEvent[] = [];
  running = 0;
  maxRunning = 0;
  usable = true;
  readonly #steps = new Map<Vertex, Step>();

  vertex(step: Step): Vertex {
    const { name, inputs = [], cacheable = true, ignoreCache } = step;
    const op = { kind: cacheable ? 'step' : 'free', name };
    const vertex: Vertex = { op, inputs, ignoreCache, display: { name: `[${name}]` } };
    this.#steps.set(vertex, step);
    return vertex;
  }

  solver(options: Partial<SolveOptions> = {}): Solver {
    return new Solver({
      executors: { step: this.#executor(true), free: this.#executor(false) },
      cache: new Cache(this.records),
      jobs: 4,
      emit: (event) => this.events.push(event),
      signal: new AbortController().signal,
      ...options,
    });
  }

  /** Solves with a solver of its own, from here on with empty lists. */
  async solve(targets: readonly Vertex[], options?: Partial<SolveOptions>): Promise<Json[]> {
    this.executed = [];
    this.events = [];
    return (await this.solver(options).solve(targets)).map(({ value }) => value);
  }

  /** The kinds of events with the names of their vertices. */
  get log(): string[] {
    const names = new Map<string, string>();
    return this.events.map((event) => {
      if (event.type === 'vertex') names.set(event.vertex, event.name);
      return 'vertex' in event ? `${event.type} ${names.get(event.vertex)}` : event.type;
    });
  }

  #stepOf(vertex: Vertex): Step {
    return this.#steps.get(vertex) as Step;
  }

  #executor(cacheable: boolean): Executor {
    return {
      cacheable,
      usable: () => this.usable,
      define: async (vertex) => (await this.#stepOf(vertex).material?.()) ?? null,
      contentOf: async (vertex, inputs) => {
        const { reads } = this.#stepOf(vertex);
        return reads === undefined ? inputs.map(({ id }) => id) : reads(inputs);
      },
      execute: async (vertex, inputs, context) => {
        const { name, work } = this.#stepOf(vertex);
        this.executed.push(name);
        this.maxRunning = Math.max(this.maxRunning, ++this.running);
        try {
          const value = work === undefined ? defaultValue(name, inputs) : await work(inputs, context);
          return { value };
        } finally {
          this.running--;
        }
      },
    };
  }
}

function defaultValue(name: string, inputs: readonly Result[]): Json {
  return inputs.length === 0 ? name : `${name}(${inputs.map(({ value }) => value).join(',')})`;
}

/** Waits some turns of the event loop. */
export function pause(milliseconds = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
