import type { ReportData } from '../types.ts';
import { Details } from './details.ts';
import { button, element } from './dom.ts';
import { gains } from './gains.ts';
import { Logs } from './logs.ts';
import { Model } from './model.ts';
import { Steps } from './steps.ts';
import { summary } from './summary.ts';
import { Timeline } from './timeline.ts';
import { Tooltip } from './tooltip.ts';
import { Treemap } from './treemap.ts';

/** Draws the report out of the data that the page carries. */
function draw(data: ReportData): void {
  const model = new Model(data);
  const tooltip = new Tooltip(model);
  const timeline = new Timeline(model, tooltip);
  const treemap = new Treemap(model);
  const logs = new Logs(model);
  const details = new Details(model, (at) => {
    logs.show(at);
    logs.root.scrollIntoView({ block: 'start' });
  });
  const parts = [summary(model), timeline.root, gains(model), new Steps(model).root, treemap.root, logs.root].filter(
    (part) => part !== undefined,
  );
  const main = element('main', {}, ...parts);
  document.body.append(navigation(parts), main, details.root, tooltip.root);
  model.onSelect((step) => {
    if (step !== undefined) logs.show(step);
  });
  timeline.layOut();
  treemap.layOut();
}

function navigation(parts: readonly HTMLElement[]): HTMLElement {
  const links = parts.flatMap((part) => {
    const title = part.id === '' ? null : part.querySelector('h2');
    return title === null ? [] : [element('a', { attributes: { href: `#${part.id}` } }, title.textContent ?? '')];
  });
  const theme = button('Light / dark', switchTheme, { class: 'theme' });
  return element(
    'nav',
    { class: 'top', attributes: { 'aria-label': 'Parts of the report' } },
    element('b', {}, 'tsbuild'),
    ...links,
    theme,
  );
}

function switchTheme(): void {
  const root = document.documentElement;
  const isDark =
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';
  root.dataset.theme = isDark ? 'light' : 'dark';
}

draw(JSON.parse(document.getElementById('data')?.textContent ?? '') as ReportData);
