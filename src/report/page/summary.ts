import { element } from './dom.ts';
import { bytes, count, date, difference, duration } from './format.ts';
import type { Model } from './model.ts';

const OUTCOMES = { done: 'Built', failed: 'Failed', cancelled: 'Cancelled', interrupted: 'Killed' } as const;

/** The head of the page: what was built, when, and the five numbers that tell most of it. */
export function summary(model: Model): HTMLElement {
  const { data } = model;
  const facts = [date(data.started), data.branch, data.id, `tsbuild ${data.version}`];
  const badge = element('span', { class: `outcome is-${data.outcome}` }, OUTCOMES[data.outcome]);
  const head = element(
    'header',
    { class: 'page-head' },
    element(
      'p',
      { class: 'eyebrow' },
      badge,
      ...facts.filter((fact) => fact !== undefined).map((fact) => element('span', {}, fact)),
    ),
    element('h1', {}, data.title),
  );
  if (data.error !== undefined) head.append(element('pre', { class: 'failure' }, data.error));
  for (const { message, rule, line } of data.warnings) {
    const where = [rule, line === undefined ? undefined : `line ${line}`]
      .filter((part) => part !== undefined)
      .join(', ');
    head.append(element('p', { class: 'warning' }, `${message}${where === '' ? '' : ` (${where})`}`));
  }
  head.append(element('dl', { class: 'numbers' }, ...numbers(model)));
  for (const text of data.omitted) head.append(element('p', { class: 'note omitted' }, text));
  return head;
}

function numbers(model: Model): HTMLElement[] {
  const { data } = model;
  const steps = model.shown.map((at) => model.step(at));
  const hits = steps.filter(({ outcome }) => outcome === 'hit');
  const ran = steps.filter(({ start }) => start !== undefined);
  const saved = hits.reduce((sum, { saved: time = 0 }) => sum + time, 0);
  const written = ran.reduce((sum, { layer }) => sum + (layer?.bytes ?? 0), 0);
  const files = ran.reduce((sum, { layer }) => sum + (layer?.files ?? 0), 0);
  const path = data.critical.reduce((sum, at) => sum + ((model.step(at).end ?? 0) - (model.step(at).start ?? 0)), 0);
  const share = steps.length === 0 ? 0 : Math.round((100 * hits.length) / steps.length);
  const before = data.before;
  const change =
    before === undefined
      ? undefined
      : `${difference(data.duration - before.duration, duration)} against ${date(before.started)}`;
  return [
    number('Took', duration(data.duration), change ?? `at most ${count(data.jobs, 'step')} at once`),
    number(
      'Steps',
      `${ran.length} ran, ${hits.length} cached`,
      `${share} % from the cache`,
      meter(hits.length, steps.length),
    ),
    number('The cache saved', duration(saved), 'the sum of what its steps once took'),
    number('Waited for', duration(path), `${count(data.critical.length, 'step')} on the critical path`),
    number('Layers written', bytes(written), count(files, 'file')),
  ];
}

function number(label: string, value: string, note: string, extra?: HTMLElement): HTMLElement {
  const text = element('dd', {}, value);
  return element('div', {}, element('dt', {}, label), text, element('dd', { class: 'note' }, note), extra);
}

function meter(part: number, whole: number): HTMLElement {
  const fill = element('span');
  fill.style.width = `${whole === 0 ? 0 : (100 * part) / whole}%`;
  return element('dd', { class: 'meter', attributes: { 'aria-hidden': 'true' } }, fill);
}
