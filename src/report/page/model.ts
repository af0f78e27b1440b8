import type { ReportData, ReportStep } from '../types.ts';

/** What the parts of the page share: the data, and which step is looked at. */
export class Model {
  readonly data: ReportData;
  readonly critical: ReadonlySet<number>;
  /** Steps that need a step. */
  readonly users: readonly (readonly number[])[];
  readonly #listeners: ((step: number | undefined) => void)[] = [];
  #selected: number | undefined;

  constructor(data: ReportData) {
    this.data = data;
    this.critical = new Set(data.critical);
    const users: number[][] = data.steps.map(() => []);
    for (const [at, { inputs }] of data.steps.entries()) for (const input of inputs) users[input]?.push(at);
    this.users = users;
  }

  get selected(): number | undefined {
    return this.#selected;
  }

  select(step: number | undefined): void {
    if (step === this.#selected) return;
    this.#selected = step;
    for (const listener of this.#listeners) listener(step);
  }

  onSelect(listener: (step: number | undefined) => void): void {
    this.#listeners.push(listener);
  }

  step(at: number): ReportStep {
    return this.data.steps[at] as ReportStep;
  }

  /** Places of the instructions, in order. */
  get shown(): number[] {
    return [...this.data.steps.keys()].filter((at) => !this.step(at).internal);
  }

  /** How a step looks: what became of it, and whether the build waited for it. */
  look(at: number): string {
    const { outcome, internal } = this.step(at);
    const waited = this.critical.has(at) && outcome === 'ran' ? ' critical' : '';
    return `is-${outcome}${internal ? ' is-internal' : ''}${waited}`;
  }
}

export function took({ start, end }: ReportStep): number | undefined {
  return start === undefined || end === undefined ? undefined : end - start;
}

const OUTCOMES = {
  hit: 'cached',
  ran: 'ran',
  failed: 'failed',
  cancelled: 'cancelled',
  running: 'never ended',
} as const;

export function outcomeText({ outcome }: Pick<ReportStep, 'outcome'>): string {
  return OUTCOMES[outcome];
}
