import { createColors } from 'picocolors';
import type { Baseline, StepExplanation, TargetExplanation } from '../explain/types.ts';
import { sanitize } from '../progress/sanitize.ts';
import { ago } from './table.ts';

const LABELS: Readonly<Record<StepExplanation['outcome'], string>> = {
  hit: 'hit ',
  miss: 'miss',
  open: 'open',
  free: 'base',
};

/** A paragraph for each target and platform: what it is compared with, and two lines for each step that is no hit. */
export function explanationText(targets: readonly TargetExplanation[], { color }: { color: boolean }): string {
  const colors = createColors(color);
  const paint = { hit: colors.green, miss: colors.red, open: colors.yellow, free: colors.dim };
  return targets
    .map(({ name, platform, comparedWith, steps, config }) => {
      const title = `${name ?? 'build'} (${platform}) ${colors.dim(baselineText(comparedWith))}`;
      const lines = steps.map(({ name: step, outcome, sentence }) => {
        const label = paint[outcome](LABELS[outcome]);
        const told = outcome === 'hit' || sentence === 'unchanged' ? colors.dim(sentence) : sentence;
        return `  ${label}  ${clean(step)}\n        ${clean(told)}`;
      });
      const changes = config.map(({ text }) => `  ${colors.cyan('conf')}  ${clean(text)}`);
      return `${[clean(title), ...lines, ...changes].join('\n')}\n`;
    })
    .join('\n');

  function clean(text: string): string {
    return sanitize(text.replace(/\s*\n\s*/g, ' ⏎ '), color);
  }
}

function baselineText(baseline: Baseline | undefined): string {
  if (baseline === undefined) return 'was never built here';
  const { kind, time, branch, place = '' } = baseline;
  if (kind === 'cache') return `compared with the cache ${place}`;
  const when = time === undefined ? '' : ` ${ago(new Date(time).toISOString())}`;
  const where = kind === 'elsewhere' ? ` in ${place}` : branch === undefined ? '' : ` on ${branch}`;
  return `compared with the build${when}${where}`;
}

export function explanationJson(targets: readonly TargetExplanation[]): string {
  return `${JSON.stringify({ targets }, null, 2)}\n`;
}
