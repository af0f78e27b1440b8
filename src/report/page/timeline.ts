import { button, element, section } from './dom.ts';
import { count, duration } from './format.ts';
import { type Model, outcomeText, took } from './model.ts';
import type { Tooltip } from './tooltip.ts';

const MAX_ZOOM = 400;
const ZOOM_STEP = 1.5;
/** Pixels from one time on the axis to the next. */
const TICK_DISTANCE = 90;
const MAX_OWN_ROWS = 2;

/** The steps that were executed, on lanes over time. A bar is as long as its step took. */
export class Timeline {
  readonly root: HTMLElement;
  readonly #model: Model;
  readonly #tooltip: Tooltip;
  readonly #scroller = element('div', {
    class: 'scroller',
    attributes: { tabindex: '-1', role: 'group', 'aria-label': 'Steps on lanes over time' },
  });
  readonly #track = element('div', { class: 'track' });
  readonly #axis = element('div', { class: 'axis', attributes: { 'aria-hidden': 'true' } });
  readonly #bars = new Map<number, HTMLButtonElement>();
  readonly #span: number;
  /** Of instructions. */
  readonly #lanes: number;
  #zoom = 1;

  constructor(model: Model, tooltip: Tooltip) {
    this.#model = model;
    this.#tooltip = tooltip;
    const { steps } = model.data;
    const timed = [...steps.keys()].filter((at) => steps[at]?.start !== undefined);
    this.#span = Math.max(1, model.data.duration, ...timed.map((at) => steps[at]?.end ?? 0));
    const instructions = timed.filter((at) => !steps[at]?.internal);
    this.#lanes = Math.max(0, ...instructions.map((at) => (steps[at]?.lane ?? 0) + 1));
    this.root = section(
      'timeline',
      'Timeline',
      timed.length === 0
        ? 'Nothing was executed: everything came from the cache.'
        : 'Bars that touch in a lane waited for each other. The build waited for the coloured ones. Arrow keys go from step to step, + and − zoom.',
      button('−', () => this.#zoomBy(1 / ZOOM_STEP), { attributes: { 'aria-label': 'Zoom out' } }),
      button('Fit', () => this.#zoomTo(1)),
      button('+', () => this.#zoomBy(ZOOM_STEP), { attributes: { 'aria-label': 'Zoom in' } }),
    );
    this.#drawBars(timed);
    this.#scroller.append(this.#track);
    if (timed.length > 0) this.root.append(this.#scroller, legend());
    this.root.append(...this.#cacheStrip());
    this.#listen();
    model.onSelect((step) => this.#mark(step));
  }

  /** Called once the page has a width. */
  layOut(): void {
    this.#drawAxis();
    new ResizeObserver(() => this.#drawAxis()).observe(this.#scroller);
  }

  #drawBars(timed: readonly number[]): void {
    const lanes = Math.max(0, ...timed.map((at) => this.#rowOf(at) + 1));
    const rows = element('div', { class: 'lanes' });
    rows.style.setProperty('--lanes', String(lanes));
    const inOrder = [...timed].sort((a, b) => (this.#model.step(a).start ?? 0) - (this.#model.step(b).start ?? 0));
    for (const [index, at] of inOrder.entries()) {
      const bar = this.#bar(at);
      bar.tabIndex = index === 0 ? 0 : -1;
      this.#bars.set(at, bar);
      rows.append(bar);
    }
    this.#track.append(this.#axis, rows);
  }

  #bar(at: number): HTMLButtonElement {
    const step = this.#model.step(at);
    const time = took(step) ?? 0;
    const bar = element(
      'button',
      {
        class: `bar ${this.#model.look(at)}`,
        attributes: {
          type: 'button',
          'data-step': String(at),
          'aria-label': `${step.name}, ${outcomeText(step)}, ${duration(time)}`,
        },
        on: { click: () => this.#model.select(at) },
      },
      element('span', {}, step.internal ? step.name : `${step.text}`),
    );
    bar.style.left = `${(100 * (step.start ?? 0)) / this.#span}%`;
    bar.style.width = `${(100 * time) / this.#span}%`;
    bar.style.setProperty('--lane', String(this.#rowOf(at)));
    const show = () => {
      this.#relate(at);
      this.#tooltip.show(bar, at);
    };
    const hide = () => {
      this.#relate(undefined);
      this.#tooltip.hide();
    };
    for (const event of ['mouseenter', 'focus']) bar.addEventListener(event, show);
    for (const event of ['mouseleave', 'blur']) bar.addEventListener(event, hide);
    return bar;
  }

  #cacheStrip(): HTMLElement[] {
    const hits = this.#model.shown.filter((at) => this.#model.step(at).outcome === 'hit');
    if (hits.length === 0) return [];
    const chips = hits.map((at) => {
      const { name } = this.#model.step(at);
      const chip = button('', () => this.#model.select(at), {
        class: 'chip is-hit',
        attributes: { 'aria-label': `${name}, cached`, 'data-step': String(at) },
      });
      for (const event of ['mouseenter', 'focus']) chip.addEventListener(event, () => this.#tooltip.show(chip, at));
      for (const event of ['mouseleave', 'blur']) chip.addEventListener(event, () => this.#tooltip.hide());
      return chip;
    });
    const text = element('span', { class: 'note' }, `${count(hits.length, 'step')} from the cache`);
    return [element('div', { class: 'cache-strip' }, text, element('div', { class: 'chips' }, ...chips))];
  }

  #listen(): void {
    this.#scroller.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.#zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, event.clientX);
      },
      { passive: false },
    );
    this.#scroller.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#onKey(event.key)) event.preventDefault();
    });
  }

  #onKey(key: string): boolean {
    if (key === '+' || key === '=') this.#zoomBy(ZOOM_STEP);
    else if (key === '-') this.#zoomBy(1 / ZOOM_STEP);
    else if (key === '0') this.#zoomTo(1);
    else return this.#moveFocus(key);
    return true;
  }

  #moveFocus(key: string): boolean {
    const places = [...this.#bars.keys()];
    const current = places.findIndex((at) => this.#bars.get(at) === document.activeElement);
    if (current < 0) return false;
    const at = places[current] as number;
    const { start = 0 } = this.#model.step(at);
    const next =
      key === 'ArrowRight'
        ? places[current + 1]
        : key === 'ArrowLeft'
          ? places[current - 1]
          : key === 'Home'
            ? places[0]
            : key === 'End'
              ? places.at(-1)
              : key === 'ArrowDown' || key === 'ArrowUp'
                ? this.#nearestInRow(this.#rowOf(at) + (key === 'ArrowDown' ? 1 : -1), start)
                : undefined;
    const bar = next === undefined ? undefined : this.#bars.get(next);
    if (bar === undefined) return false;
    for (const other of this.#bars.values()) other.tabIndex = -1;
    bar.tabIndex = 0;
    bar.focus();
    return true;
  }

  /** Our own work of many targets at once is drawn over itself, where else it had a row for each of them. */
  #rowOf(at: number): number {
    const { lane = 0, internal } = this.#model.step(at);
    return internal ? Math.min(lane, this.#lanes + MAX_OWN_ROWS - 1) : lane;
  }

  #nearestInRow(row: number, time: number): number | undefined {
    const distance = (at: number) => Math.abs((this.#model.step(at).start ?? 0) - time);
    const inRow = [...this.#bars.keys()].filter((at) => this.#rowOf(at) === row);
    return inRow.sort((a, b) => distance(a) - distance(b))[0];
  }

  /** Shows what a step needs and what needs it. */
  #relate(step: number | undefined): void {
    this.#track.classList.toggle('relating', step !== undefined);
    if (step === undefined) return;
    const related = new Set([step, ...this.#model.step(step).inputs, ...(this.#model.users[step] ?? [])]);
    for (const [at, bar] of this.#bars) bar.classList.toggle('related', related.has(at));
  }

  #mark(step: number | undefined): void {
    for (const element of this.root.querySelectorAll('[aria-current]')) element.removeAttribute('aria-current');
    if (step === undefined) return;
    this.root.querySelector(`[data-step="${step}"]`)?.setAttribute('aria-current', 'true');
  }

  #zoomBy(factor: number, around?: number): void {
    this.#zoomTo(this.#zoom * factor, around);
  }

  /** What is below `around`, a place of the window, stays there; without it, what is in the middle. */
  #zoomTo(zoom: number, around?: number): void {
    const { left, width } = this.#scroller.getBoundingClientRect();
    const offset = around === undefined ? width / 2 : around - left;
    const place = (this.#scroller.scrollLeft + offset) / this.#zoom;
    this.#zoom = Math.min(MAX_ZOOM, Math.max(1, zoom));
    this.#track.style.width = `${100 * this.#zoom}%`;
    this.#scroller.scrollLeft = place * this.#zoom - offset;
    this.#drawAxis();
  }

  #drawAxis(): void {
    const width = this.#track.clientWidth;
    if (width === 0) return;
    const interval = niceInterval((this.#span * TICK_DISTANCE) / width);
    const ticks = Math.min(MAX_TICKS, Math.floor(this.#span / interval));
    this.#axis.replaceChildren(
      ...Array.from({ length: ticks + 1 }, (_, index) => {
        const tick = element('span', {}, index === 0 ? '0' : duration(index * interval));
        tick.style.left = `${(100 * index * interval) / this.#span}%`;
        return tick;
      }),
    );
  }
}

const MAX_TICKS = 2000;

/** 1, 2 or 5 times a power of ten, or a whole part of a minute, that is at least `least` milliseconds. */
function niceInterval(least: number): number {
  if (least > 10_000 && least <= 3_600_000) {
    const seconds = [15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((value) => value * 1000 >= least);
    return (seconds ?? 3600) * 1000;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= least) ?? least;
}

function legend(): HTMLElement {
  const kinds = [
    ['critical is-ran', 'ran, and the build waited for it'],
    ['is-ran', 'ran beside others'],
    ['is-internal', 'reading, packing, exporting'],
    ['is-failed', 'failed'],
  ] as const;
  return element(
    'ul',
    { class: 'legend', attributes: { 'aria-label': 'Colours' } },
    ...kinds.map(([look, text]) => element('li', {}, element('i', { class: look }), text)),
  );
}
