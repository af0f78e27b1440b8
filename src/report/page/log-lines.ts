import { pieces, plainText } from './ansi.ts';
import { element } from './dom.ts';

/** Pixels; the style sheet says the same. */
const LINE = 19;
/** Lines beyond the edges that are there already when one scrolls. */
const MARGIN = 30;

/** A log of any length: only the lines that can be seen exist. */
export class LogLines {
  readonly root = element('div', {
    class: 'log-lines',
    attributes: { tabindex: '0', role: 'region', 'aria-label': 'Output of the step' },
  });
  readonly #space = element('div', { class: 'log-space' });
  #lines: readonly string[] = [];
  #notes: ReadonlyMap<number, string> = new Map();
  #query = '';
  #current: number | undefined;

  constructor() {
    this.root.append(this.#space);
    this.root.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.root);
  }

  /** `notes` are our own words, by the number of their line. */
  show(lines: readonly string[], notes: ReadonlyMap<number, string>): void {
    this.#lines = lines;
    this.#notes = notes;
    this.#current = undefined;
    this.#space.style.height = `${lines.length * LINE}px`;
    this.root.scrollTop = 0;
    this.#draw();
  }

  mark(query: string, current: number | undefined): void {
    this.#query = query;
    this.#current = current;
    if (current !== undefined) this.root.scrollTop = Math.max(0, current * LINE - this.root.clientHeight / 2);
    this.#draw();
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.root.scrollTop / LINE) - MARGIN);
    const last = Math.min(
      this.#lines.length,
      Math.ceil((this.root.scrollTop + this.root.clientHeight) / LINE) + MARGIN,
    );
    const drawn: HTMLElement[] = [];
    for (let number = first; number < last; number++) drawn.push(this.#line(number));
    this.#space.replaceChildren(...drawn);
  }

  #line(number: number): HTMLElement {
    const note = this.#notes.get(number);
    const text = this.#lines[number] ?? '';
    const made = element('div', { class: number === this.#current ? 'line current' : 'line' });
    made.style.top = `${number * LINE}px`;
    made.append(element('span', { class: 'gutter', attributes: { 'aria-hidden': 'true' } }, String(number + 1)));
    if (note !== undefined) made.append(element('span', { class: 'log-note' }, note));
    else if (this.#query !== '' && plainText(text).toLowerCase().includes(this.#query))
      made.append(...marked(text, this.#query));
    else made.append(...styled(text));
    return made;
  }
}

/** Longer lines are cut: nobody reads a megabyte on one line. */
const MAX_LINE = 4000;

function styled(line: string): HTMLElement[] {
  return pieces(line.slice(0, MAX_LINE)).map(({ text, classes, color, background }) => {
    const made = element('span', classes.length === 0 ? {} : { class: classes.join(' ') }, text);
    if (color !== undefined) made.style.color = color;
    if (background !== undefined) made.style.backgroundColor = background;
    return made;
  });
}

/** A line with matches is shown plainly, and these are marked. */
function marked(line: string, query: string): (Node | string)[] {
  const text = plainText(line).slice(0, MAX_LINE);
  const lower = text.toLowerCase();
  const parts: (Node | string)[] = [];
  let start = 0;
  for (let at = lower.indexOf(query); at >= 0; at = lower.indexOf(query, start)) {
    parts.push(text.slice(start, at), element('mark', {}, text.slice(at, at + query.length)));
    start = at + query.length;
  }
  return [...parts, text.slice(start)];
}
