import { element, section } from './dom.ts';
import { difference, duration } from './format.ts';
import { type Model, took } from './model.ts';

const MAX_SHOWN = 8;

/** By how much the build had been shorter with one step in the cache: the steps where that is most. */
export function gains(model: Model): HTMLElement | undefined {
  const candidates = model.shown
    .map((at) => ({ at, saves: model.step(at).saves ?? 0 }))
    .filter(({ saves }) => saves > 0)
    .sort((a, b) => b.saves - a.saves)
    .slice(0, MAX_SHOWN);
  const [first] = candidates;
  if (first === undefined) return undefined;
  const root = section(
    'what-if',
    'What a hit would save',
    'Each step alone taken from the cache, and the rest scheduled again. What ran beside something longer saves less than it took.',
  );
  const rows = candidates.map(({ at, saves }) => {
    const step = model.step(at);
    const bar = element('span', { class: `gain ${model.look(at)}` });
    bar.style.width = `${(100 * saves) / first.saves}%`;
    return element(
      'li',
      {},
      element(
        'button',
        { attributes: { type: 'button', 'data-step': String(at) }, on: { click: () => model.select(at) } },
        element('span', { class: 'code' }, step.text),
        element('span', { class: 'gain-track', attributes: { 'aria-hidden': 'true' } }, bar),
        element('strong', {}, difference(-saves, duration)),
        element('span', { class: 'note' }, `took ${duration(took(step) ?? 0)}`),
      ),
    );
  });
  root.append(element('ol', { class: 'gains' }, ...rows));
  return root;
}
