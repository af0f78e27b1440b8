import { plainText } from './ansi.ts';
import { button, element, section } from './dom.ts';
import { bytes, count } from './format.ts';
import { LogLines } from './log-lines.ts';
import { type Model, outcomeText } from './model.ts';

interface StepLines {
  lines: readonly string[];
  notes: ReadonlyMap<number, string>;
}

interface Match {
  at: number;
  line: number;
}

/** As many matches as are counted. */
const MAX_MATCHES = 5000;
/** Milliseconds after the last letter. */
const PAUSE = 150;

/** What the steps said, also those that came from the cache; searched all at once. */
export class Logs {
  readonly root: HTMLElement;
  readonly #model: Model;
  readonly #view = new LogLines();
  readonly #said: readonly number[];
  readonly #items = new Map<number, HTMLButtonElement>();
  readonly #known = new Map<number, StepLines>();
  readonly #found = element('span', { class: 'note', attributes: { role: 'status' } });
  readonly #input: HTMLInputElement;
  #shown: number | undefined;
  #query = '';
  #matches: readonly Match[] = [];
  #match = -1;

  constructor(model: Model) {
    this.#model = model;
    this.#said = model.shown.filter((at) => model.step(at).log !== undefined);
    let timer = 0;
    this.#input = element('input', {
      attributes: { type: 'search', placeholder: 'Search all output', 'aria-label': 'Search all output' },
      on: {
        input: () => {
          window.clearTimeout(timer);
          timer = window.setTimeout(() => this.#search(this.#input.value), PAUSE);
        },
        keydown: (event: KeyboardEvent) => {
          if (event.key === 'Enter') this.#go(event.shiftKey ? -1 : 1);
        },
      },
    });
    const tools = [
      this.#found,
      this.#input,
      button('↑', () => this.#go(-1), { attributes: { 'aria-label': 'Match before' } }),
      button('↓', () => this.#go(1), { attributes: { 'aria-label': 'Next match' } }),
    ];
    const isSilent = this.#said.length === 0;
    this.root = section('logs', 'Output', isSilent ? 'No step said anything.' : undefined, ...(isSilent ? [] : tools));
    if (isSilent) return;
    for (const at of this.#said) this.#items.set(at, this.#item(at));
    const list = element(
      'nav',
      { class: 'log-list', attributes: { 'aria-label': 'Steps with output' } },
      ...this.#items.values(),
    );
    this.root.append(element('div', { class: 'logs' }, list, this.#view.root));
    const failed = this.#said.find((at) => model.step(at).outcome === 'failed');
    this.show(failed ?? (this.#said[0] as number));
  }

  has(at: number): boolean {
    return this.#items.has(at);
  }

  show(at: number): void {
    if (!this.has(at)) return;
    this.#shown = at;
    for (const [step, item] of this.#items) item.setAttribute('aria-pressed', String(step === at));
    const { lines, notes } = this.#linesOf(at);
    this.#view.show(lines, notes);
    const match = this.#matches[this.#match];
    this.#view.mark(this.#query, match?.at === at ? match.line : undefined);
  }

  #item(at: number): HTMLButtonElement {
    const step = this.#model.step(at);
    return element(
      'button',
      {
        attributes: { type: 'button', 'aria-pressed': 'false', 'data-step': String(at) },
        on: { click: () => this.show(at) },
      },
      element('span', { class: 'code' }, step.text),
      element('span', { class: 'note' }, [step.stage, outcomeText(step)].filter((part) => part !== '').join(' · ')),
    );
  }

  /** Lines are made when they are first looked at. */
  #linesOf(at: number): StepLines {
    const known = this.#known.get(at) ?? linesOf(this.#model.step(at).log);
    this.#known.set(at, known);
    return known;
  }

  #search(text: string): void {
    this.#query = text.toLowerCase();
    this.#matches = this.#query === '' ? [] : this.#matchesOf(this.#query);
    this.#match = -1;
    const steps = new Set(this.#matches.map(({ at }) => at));
    for (const [at, item] of this.#items) item.classList.toggle('without', this.#query !== '' && !steps.has(at));
    const more = this.#matches.length === MAX_MATCHES ? ' or more' : '';
    this.#found.textContent =
      this.#query === '' ? '' : `${count(this.#matches.length, 'line')}${more} in ${count(steps.size, 'step')}`;
    if (this.#matches.length > 0) this.#go(1);
    else this.#view.mark(this.#query, undefined);
  }

  #matchesOf(query: string): Match[] {
    const matches: Match[] = [];
    for (const at of this.#said) {
      for (const [line, text] of this.#linesOf(at).lines.entries()) {
        if (matches.length >= MAX_MATCHES) return matches;
        if (plainText(text).toLowerCase().includes(query)) matches.push({ at, line });
      }
    }
    return matches;
  }

  #go(direction: number): void {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#match = (this.#match + direction + length) % length;
    const { at, line } = this.#matches[this.#match] as Match;
    if (at !== this.#shown) this.show(at);
    this.#view.mark(this.#query, line);
  }
}

function linesOf(log: { text: string; cut?: { head: number; bytes: number } | undefined } | undefined): StepLines {
  if (log === undefined) return { lines: [], notes: new Map() };
  const { text, cut } = log;
  if (cut === undefined) return { lines: split(text), notes: new Map() };
  const head = split(text.slice(0, cut.head));
  const note = `… ${bytes(cut.bytes)} left out of this page …`;
  return { lines: [...head, '', ...split(text.slice(cut.head))], notes: new Map([[head.length, note]]) };
}

function split(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
