import { controllerStates } from '../../runner/index.ts';
import type { Finding } from './finding.ts';

/** Which limits of the command line the machine can keep. */
export async function examineLimits(): Promise<Finding[]> {
  const states = await controllerStates();
  return states.map(({ controller, version, problem }) => {
    const name = `limits: ${controller}`;
    if (problem === undefined) return { name, status: 'ok', detail: `cgroup v${version}` };
    return { name, status: 'limited', detail: problem.message, fix: problem.hint };
  });
}
