import { TsbuildError } from '../base/error.ts';
import { configPath } from './config-path.ts';

/** What `default` is where no --network says otherwise; `isolated` is never that of the host, as without a setting. */
export type DefaultNetwork = 'isolated' | 'host' | 'none';

const NETWORKS: readonly DefaultNetwork[] = ['isolated', 'host', 'none'];

/** `network` of the user's settings, for which a parser is loaded only where there is a file. */
export async function defaultNetwork(
  env: Readonly<Record<string, string | undefined>>,
): Promise<DefaultNetwork | undefined> {
  if (configPath(env) === undefined) return undefined;
  const { readUserConfig } = await import('./user-config.ts');
  const { path, sections } = readUserConfig(env);
  const { network } = sections;
  const found = NETWORKS.find((name) => name === network);
  if (network === undefined || found !== undefined) return found;
  throw new TsbuildError('INVALID', `${path}: network is not one of ${NETWORKS.join(', ')}`);
}
