import type { Probe } from '../../runner/index.ts';
import { examineBackends } from './backends.ts';
import { examineEmulators } from './emulators.ts';
import type { Finding, Patient } from './finding.ts';
import { examineIds } from './ids.ts';
import { examineKernel } from './kernel.ts';
import { examineLimits } from './limits.ts';
import { examineNetwork } from './network.ts';
import { examinePrograms } from './programs.ts';
import { examineSandbox } from './sandbox.ts';
import { examineSnapshotter } from './snapshotter.ts';
import { examineStore } from './store.ts';

/** Everything that builds may need of a machine. @param probes of a sandbox over the store */
export async function examine(patient: Patient, probes: readonly Probe[]): Promise<Finding[]> {
  const able = probes.every(({ ok }) => ok);
  return [
    examineKernel(),
    examineStore(patient),
    ...examineSandbox(probes),
    ...examineSnapshotter(process.env, probes),
    ...(able ? [examineIds(patient), ...(await examineBackends(patient))] : []),
    await examineNetwork(patient, able),
    ...(await examineLimits()),
    examineEmulators(patient),
    ...examinePrograms(patient),
  ];
}
