import type { LayerSummary } from '../../journal/types.ts';
import { button, element } from './dom.ts';
import { bytes, count, date, difference, duration } from './format.ts';
import { type Model, outcomeText, took } from './model.ts';
import { beforeText, hitText } from './steps.ts';

/** As many neighbours as are listed. */
const MAX_LISTED = 12;

/** All that is known of one step, beside the page. */
export class Details {
  readonly root = element('aside', { class: 'details', attributes: { hidden: '', 'aria-label': 'The chosen step' } });
  readonly #model: Model;
  readonly #openLog: (at: number) => void;

  constructor(model: Model, openLog: (at: number) => void) {
    this.#model = model;
    this.#openLog = openLog;
    model.onSelect((step) => this.#show(step));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') model.select(undefined);
    });
  }

  #show(at: number | undefined): void {
    this.root.hidden = at === undefined;
    document.body.classList.toggle('with-details', at !== undefined);
    if (at === undefined) return;
    const step = this.#model.step(at);
    const close = button('×', () => this.#model.select(undefined), {
      class: 'close',
      attributes: { 'aria-label': 'Close' },
    });
    this.root.replaceChildren(
      element('header', {}, element('span', { class: `badge ${this.#model.look(at)}` }, outcomeText(step)), close),
      element('h3', { class: 'code' }, step.text),
      element('dl', {}, ...this.#facts(at)),
      ...this.#parts(at),
    );
    this.root.scrollTop = 0;
  }

  #facts(at: number): HTMLElement[] {
    const step = this.#model.step(at);
    const time = took(step);
    const facts: (readonly [string, string | undefined])[] = [
      ['Stage', step.stage],
      ['Why', step.reason ?? hitText(step.saved)],
      ['Took', time === undefined ? undefined : duration(time)],
      ['Began', step.start === undefined ? undefined : `${duration(step.start)} into the build`],
      [
        'With this step cached',
        step.saves === undefined
          ? undefined
          : step.saves < 1
            ? 'no time saved: something longer ran beside it'
            : difference(-step.saves, duration),
      ],
      ['Result made', step.made === undefined ? undefined : date(step.made)],
      ['Critical path', this.#model.critical.has(at) ? 'yes: the build waited for it' : undefined],
      ['Before', this.#model.data.before === undefined ? undefined : beforeText(this.#model, at)],
      ['Identity', /^sha256:/.test(step.key) ? `${step.key.slice(0, 19)}…` : undefined],
    ];
    return facts.flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [element('dt', {}, name), element('dd', {}, value)],
    );
  }

  #parts(at: number): HTMLElement[] {
    const { error, inputs, layer, log } = this.#model.step(at);
    return [
      ...(error === undefined ? [] : [element('pre', { class: 'failure' }, error)]),
      ...(log === undefined ? [] : [button('Show its output', () => this.#openLog(at), { class: 'primary' })]),
      ...this.#links('Needs', inputs),
      ...this.#links('Needed by', this.#model.users[at] ?? []),
      ...(layer === undefined ? [] : layerParts(layer)),
    ];
  }

  #links(title: string, steps: readonly number[]): HTMLElement[] {
    if (steps.length === 0) return [];
    const items = steps.slice(0, MAX_LISTED).map((at) => {
      const step = this.#model.step(at);
      return element(
        'li',
        {},
        button(step.name, () => this.#model.select(at), { class: 'link code' }),
      );
    });
    if (steps.length > MAX_LISTED)
      items.push(element('li', { class: 'note' }, `and ${steps.length - MAX_LISTED} more`));
    return [element('h4', {}, title), element('ul', { class: 'links' }, ...items)];
  }
}

function layerParts({ bytes: size, files, removed, largest }: LayerSummary): HTMLElement[] {
  const gone = removed === 0 ? '' : `, ${count(removed, 'name')} removed`;
  const [first] = largest;
  const rows = largest.map((file) => {
    const bar = element('span', { class: 'file-bar' });
    bar.style.width = `${(100 * file.bytes) / Math.max(1, first?.bytes ?? 1)}%`;
    return element(
      'li',
      {},
      element('span', { class: 'code' }, file.path),
      element('span', { class: 'number' }, bytes(file.bytes)),
      bar,
    );
  });
  return [
    element('h4', {}, 'Layer'),
    element('p', { class: 'note' }, `${bytes(size)} in ${count(files, 'file')}${gone}`),
    ...(rows.length === 0 ? [] : [element('ol', { class: 'files' }, ...rows)]),
  ];
}
