import type { Probe } from '../../runner/index.ts';
import type { Finding } from './finding.ts';

const NAME = 'TSBUILD_SNAPSHOTTER';

/** What the user has chosen for the roots of steps, in the place of what is found by trying. */
export function examineSnapshotter(env: NodeJS.ProcessEnv, probes: readonly Probe[]): Finding[] {
  const choice = env[NAME] || undefined;
  const fix = `unset ${NAME}`;
  switch (choice) {
    case undefined:
      return [];
    case 'copy':
      return [
        { name: NAME, status: 'limited', detail: 'copy: each RUN works on a copy of its root, which is slower', fix },
      ];
    case 'overlay':
      if (!probes.some(({ copied }) => copied)) return [{ name: NAME, status: 'ok', detail: 'overlay' }];
      return [{ name: NAME, status: 'failed', detail: 'overlay, which is refused; no RUN can be executed', fix }];
    default:
      return [{ name: NAME, status: 'failed', detail: `${choice}, which is neither overlay nor copy`, fix }];
  }
}
