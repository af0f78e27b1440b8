import { type Probe, sandboxUnavailable } from '../../runner/index.ts';
import type { Finding } from './finding.ts';

/** What a sandbox is made of, each part tried. After a failure nothing more is known, and that is said. */
export function examineSandbox(probes: readonly Probe[]): Finding[] {
  const fix = sandboxUnavailable(probes).hint;
  return probes.map(({ name, ok, errno, detail }) =>
    ok
      ? { name: `sandbox: ${name}`, status: 'ok', detail: detail ?? 'tried' }
      : { name: `sandbox: ${name}`, status: 'failed', detail: `${detail}: ${errno}; no RUN can be executed`, fix },
  );
}
