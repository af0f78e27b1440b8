import { button, element, section } from './dom.ts';
import { bytes, count, difference, duration } from './format.ts';
import { type Model, outcomeText, took } from './model.ts';

const FILTERS = {
  All: () => true,
  Ran: (model: Model, at: number) => model.step(at).outcome !== 'hit',
  Cached: (model: Model, at: number) => model.step(at).outcome === 'hit',
  Critical: (model: Model, at: number) => model.critical.has(at),
} as const;

type Filter = keyof typeof FILTERS;

/** The steps in order: what became of each and why, what it took and made, and how that was before. */
export class Steps {
  readonly root: HTMLElement;
  readonly #model: Model;
  readonly #rows = new Map<number, HTMLTableRowElement>();
  readonly #buttons = new Map<Filter, HTMLButtonElement>();
  readonly #none = element('p', { class: 'note none', attributes: { hidden: '' } }, 'No step is like that.');
  #filter: Filter = 'All';
  #text = '';

  constructor(model: Model) {
    this.#model = model;
    const search = element('input', {
      attributes: { type: 'search', placeholder: 'Find a step or a reason', 'aria-label': 'Find a step or a reason' },
      on: { input: () => this.#find(search.value) },
    });
    for (const name of Object.keys(FILTERS) as Filter[]) {
      this.#buttons.set(
        name,
        button(name, () => this.#choose(name), { attributes: { 'aria-pressed': String(name === 'All') } }),
      );
    }
    const filters = element(
      'div',
      { class: 'choice', attributes: { role: 'group', 'aria-label': 'Show' } },
      ...this.#buttons.values(),
    );
    this.root = section('steps', 'Steps', undefined, filters, search);
    this.root.append(this.#table(), this.#none, ...this.#gone());
    model.onSelect((step) => {
      for (const [at, row] of this.#rows) row.classList.toggle('selected', at === step);
    });
  }

  #table(): HTMLElement {
    const compared = this.#model.data.before !== undefined;
    const titles = ['Step', 'Outcome', 'Time', 'If cached', 'Layer', ...(compared ? ['Before'] : [])];
    const longest = Math.max(1, ...this.#model.shown.map((at) => took(this.#model.step(at)) ?? 0));
    for (const at of this.#model.shown) this.#rows.set(at, this.#row(at, { longest, compared }));
    const head = element('tr', {}, ...titles.map((title) => element('th', { attributes: { scope: 'col' } }, title)));
    const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...this.#rows.values()));
    return element('div', { class: 'table' }, table);
  }

  #row(at: number, { longest, compared }: { longest: number; compared: boolean }): HTMLTableRowElement {
    const step = this.#model.step(at);
    const time = took(step);
    const why = step.reason ?? hitText(step.saved);
    const name = element(
      'button',
      { class: 'step-name', attributes: { type: 'button' }, on: { click: () => this.#model.select(at) } },
      element('span', { class: 'code' }, step.text),
    );
    const stage = step.stage === '' ? undefined : element('span', { class: 'stage' }, step.stage);
    const reason = why === undefined ? undefined : element('p', { class: 'note reason' }, why);
    const bar = element('span', { class: `time-bar ${this.#model.look(at)}` });
    bar.style.width = `${(100 * (time ?? 0)) / longest}%`;
    const saves = step.saves === undefined || step.saves < 1 ? '' : difference(-step.saves, duration);
    return element(
      'tr',
      { attributes: { 'data-step': String(at) } },
      element('td', {}, stage, name, reason),
      element('td', {}, element('span', { class: `badge ${this.#model.look(at)}` }, outcomeText(step))),
      element(
        'td',
        { class: 'number' },
        time === undefined ? '' : duration(time),
        time === undefined ? undefined : bar,
      ),
      element('td', { class: 'number' }, saves),
      element('td', { class: 'number' }, step.layer === undefined ? '' : bytes(step.layer.bytes)),
      compared ? element('td', { class: 'number note' }, beforeText(this.#model, at)) : undefined,
    );
  }

  #gone(): HTMLElement[] {
    const gone = this.#model.data.before?.gone ?? [];
    if (gone.length === 0) return [];
    const rows = gone.map(({ name, outcome, duration: time }) =>
      element(
        'li',
        {},
        element('span', { class: 'code' }, name),
        ` ${outcomeText({ outcome })}${time === undefined ? '' : `, ${duration(time)}`}`,
      ),
    );
    return [
      element(
        'details',
        { class: 'gone' },
        element(
          'summary',
          {},
          `${count(gone.length, 'step')} of the earlier build ${gone.length === 1 ? 'is' : 'are'} not in this one`,
        ),
        element('ul', {}, ...rows),
      ),
    ];
  }

  #choose(filter: Filter): void {
    this.#filter = filter;
    for (const [name, made] of this.#buttons) made.setAttribute('aria-pressed', String(name === filter));
    this.#apply();
  }

  #find(text: string): void {
    this.#text = text.toLowerCase();
    this.#apply();
  }

  #apply(): void {
    let shown = 0;
    for (const [at, row] of this.#rows) {
      const { name, reason = '' } = this.#model.step(at);
      const isFound = `${name} ${reason}`.toLowerCase().includes(this.#text);
      row.hidden = !isFound || !FILTERS[this.#filter](this.#model, at);
      if (!row.hidden) shown++;
    }
    this.#none.hidden = shown > 0;
  }
}

export function hitText(saved: number | undefined): string | undefined {
  return saved === undefined ? undefined : `in the cache, which saved ${duration(saved)}`;
}

/** `ran in 2.4 s (−300 ms), 12 MB (+1 kB)`. */
export function beforeText(model: Model, at: number): string {
  const step = model.step(at);
  const { before } = step;
  if (before === undefined) return '–';
  const time = took(step);
  const parts = [
    before.duration === undefined
      ? outcomeText(before)
      : `${outcomeText(before)}, ${duration(before.duration)}${time === undefined ? '' : ` (${difference(time - before.duration, duration)})`}`,
  ];
  const { bytes: size } = before;
  if (size !== undefined && step.layer !== undefined && size !== step.layer.bytes) {
    parts.push(`${bytes(size)} (${difference(step.layer.bytes - size, bytes)})`);
  }
  return parts.join(' · ');
}
