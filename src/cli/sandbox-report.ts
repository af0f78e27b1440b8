import { mkdirSync } from 'node:fs';
import { probe, sandboxUnavailable } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';

/**
 * For a sandbox that could not be made, the error that says which part of one this machine denies, and what to do:
 * found by trying all of them. Any other error as it is. To be thrown or shown.
 */
export async function explained(error: unknown, root: string): Promise<unknown> {
  if (!(error instanceof TsbuildError) || error.code !== 'SANDBOX') return error;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const probes = await probe(root);
  if (probes.every(({ ok, copied }) => ok && !copied)) return error;
  return sandboxUnavailable(probes).at(error.location, error.source);
}
