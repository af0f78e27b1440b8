import { networkState, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import type { Finding, Patient } from './finding.ts';
import { installCommand } from './packages.ts';

const NAME = 'network';

/** Makes the network that steps would get. @param able whether namespaces can be made here */
export async function examineNetwork({ uid }: Patient, able: boolean): Promise<Finding> {
  const { isolated, provider } = networkState();
  if (!isolated) return limited('steps use the network of the host, with its loopback', installCommand('passt', uid));
  if (!able) return { name: NAME, status: 'ok', detail: `${provider}, not tried` };
  try {
    const network = await openNetwork();
    network.close();
    return { name: NAME, status: 'ok', detail: `isolated, through ${network.provider.path}` };
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const detail = `steps use the network of the host: ${[error.message, ...error.notes].join('; ')}`;
    return limited(detail, error.hint);
  }
}

function limited(detail: string, fix: string | undefined): Finding {
  return { name: NAME, status: 'limited', detail, fix };
}
