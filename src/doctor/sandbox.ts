import { type Probe, sandboxUnavailable } from '../../runner/index.ts';
import type { Finding } from './finding.ts';

/** What a sandbox is made of, each part tried. After a failure nothing more is known, and that is said. */
export function examineSandbox(probes: readonly Probe[]): Finding[] {
  const fix = sandboxUnavailable(probes).hint;
  return probes.map(({ name: part, ok, copied, errno, detail }): Finding => {
    const name = `sandbox: ${part}`;
    if (copied) return { name, status: 'limited', detail: `${detail}: ${errno}; ${COPIES}`, fix };
    if (ok) return { name, status: 'ok', detail: detail ?? 'tried' };
    return { name, status: 'failed', detail: `${detail}: ${errno}; no RUN can be executed`, fix };
  });
}

const COPIES = 'each RUN works on a copy of its root, which is slower, and containers cannot run';
