import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { isErrno, TsbuildError } from '../base/error.ts';

/** Where distributions keep the bundle that administrators add their own authorities to. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities that servers are verified against: `SSL_CERT_FILE`, else the system's bundle, else the ones that
 * come with Node; and those of `NODE_EXTRA_CA_CERTS`. So a machine set up for docker or curl works here too.
 */
export function trustedAuthorities(env: NodeJS.ProcessEnv): string[] {
  const named = (variable: string) => (env[variable] ? [readNamed(env[variable], variable)] : []);
  const extra = named('NODE_EXTRA_CA_CERTS');
  if (env.SSL_CERT_FILE) return [...named('SSL_CERT_FILE'), ...extra];
  const system = SYSTEM_BUNDLES.map(readIfThere).find((bundle) => bundle !== undefined);
  return [...(system === undefined ? rootCertificates : [system]), ...extra];
}

/** The file that the user's settings name for one registry. */
export function readAuthority(path: string): string {
  return readNamed(path, 'the settings');
}

function readNamed(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TsbuildError('NOT_FOUND', `cannot read the certificates of ${source}: ${path}`, { cause });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}
