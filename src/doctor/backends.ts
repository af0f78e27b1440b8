import { findRuntime, KNOWN_RUNTIMES, tryRuntime } from '../../runner/index.ts';
import { findProgram } from '../base/find-program.ts';
import type { Finding, Patient } from './finding.ts';
import { installCommand } from './packages.ts';

/** What makes sandboxes here, each tried by having it make one. Called where the launcher can. */
export async function examineBackends(patient: Patient): Promise<Finding[]> {
  const findings: Finding[] = [{ name: 'back end: launcher', status: 'ok', detail: 'the default; tried' }];
  for (const runtime of KNOWN_RUNTIMES) findings.push(await examineRuntime(runtime, patient));
  return findings;
}

async function examineRuntime(runtime: string, { root, uid }: Patient): Promise<Finding> {
  const name = `back end: ${runtime}`;
  if (findProgram(runtime) === undefined) {
    const detail = `not installed: no --runtime ${runtime}`;
    return { name, status: 'limited', detail, fix: installCommand(runtime, uid) };
  }
  const found = findRuntime(runtime);
  const problem = await tryRuntime(found, root);
  if (problem === undefined) return { name, status: 'ok', detail: `${found.path}; tried` };
  const detail = `no --runtime ${runtime}: ${problem.message}`;
  return {
    name,
    status: 'limited',
    detail,
    fix: `update it (${installCommand(runtime, uid)}), or leave --runtime out`,
  };
}
