import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Certificate {
  /** PEM files. The authority signed the certificate; a client that trusts the one accepts the other. */
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

/** Makes an authority and a server certificate for `names` (host names or addresses) in `directory`. */
export function makeCertificate(directory: string, names: readonly string[]): Certificate {
  const at = (name: string): string => join(directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-x509', '-days', '2', '-subj', '/CN=Test Authority'];
  openssl(['req', ...newKey, ...authority, '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  openssl(['req', ...newKey, '-subj', '/CN=Test Server', '-keyout', at('server.key'), '-out', at('server.csr')]);
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
  writeFileSync(at('server.ext'), `subjectAltName=${alternatives}\nbasicConstraints=critical,CA:FALSE\n`);
  const signer = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
  openssl(['x509', '-req', '-in', at('server.csr'), ...signer, '-extfile', at('server.ext'), '-out', at('server.pem')]);
  return { caFile: at('ca.pem'), certificateFile: at('server.pem'), keyFile: at('server.key') };
}

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}
