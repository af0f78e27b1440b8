import type { BuildEvent } from '../base/events.ts';
import type { JournalStep, LayerSummary, StepOutcome } from './types.ts';

type Tracked = { -readonly [Key in keyof JournalStep]: JournalStep[Key] };

/** What is known of steps beside their events. */
interface StepFacts {
  reasons: ReadonlyMap<string, string>;
  layers: ReadonlyMap<string, LayerSummary>;
}

/** Bytes of output that are kept with the result of a step. */
const MAX_LOG = 256 * 1024;

/** What became of the steps of a build, by its events. */
export class StepTracker {
  readonly #steps = new Map<string, Tracked>();
  readonly #logs = new Map<string, string>();

  accept(event: BuildEvent): void {
    if (event.type === 'warning' || event.type === 'log' || event.type === 'status') return;
    const { vertex, time } = event;
    if (event.type === 'vertex') {
      const { name, inputs, internal } = event;
      this.#steps.set(vertex, { vertex, name, inputs, outcome: 'running', internal });
      return;
    }
    const step = this.#steps.get(vertex) ?? { vertex, name: vertex, inputs: [], outcome: 'running' };
    this.#steps.set(vertex, step);
    if (event.type === 'started') step.started = time;
    else step.completed = time;
    if (event.type === 'cached') step.outcome = 'hit';
    if (event.type === 'completed') {
      step.outcome = outcomeOf(event.error);
      step.error = event.error;
    }
  }

  log(vertex: string, data: Buffer): void {
    const before = this.#logs.get(vertex) ?? '';
    if (before.length < MAX_LOG) this.#logs.set(vertex, before + data.toString('latin1', 0, MAX_LOG - before.length));
  }

  /** What the steps that have run have said, a character for each byte. */
  get logs(): readonly (readonly [vertex: string, log: string])[] {
    return [...this.#logs].filter(([vertex]) => this.#steps.get(vertex)?.outcome === 'ran');
  }

  /** The steps that were executed, our own work not counted. */
  get executed(): ReadonlySet<string> {
    const executed = [...this.#steps.values()].filter(({ internal, started }) => !internal && started !== undefined);
    return new Set(executed.map(({ vertex }) => vertex));
  }

  isHit(vertex: string): boolean {
    return this.#steps.get(vertex)?.outcome === 'hit';
  }

  steps({ reasons, layers }: StepFacts): JournalStep[] {
    return [...this.#steps.values()].map((step) => {
      const { vertex } = step;
      return { ...step, reason: reasons.get(vertex), layer: layers.get(vertex) };
    });
  }
}

function outcomeOf(error: string | undefined): StepOutcome {
  if (error === undefined) return 'ran';
  return /^cancell?ed$/.test(error) ? 'cancelled' : 'failed';
}
