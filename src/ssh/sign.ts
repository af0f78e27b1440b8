import { sign } from 'node:crypto';
import type { SshKey } from './key.ts';
import { WireReader, wireInteger, wireString } from './wire.ts';

/** Flags of a request to sign with an RSA key (draft-miller-ssh-agent, section 6.5.1). */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

const ECDSA_HASHES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** A signature as SSH sends it: the name of the algorithm and a blob that depends on it. */
export function signWith({ key, blob }: SshKey, data: Buffer, flags: number): Buffer {
  const type = new WireReader(blob).text();
  if (type === 'ssh-ed25519') return Buffer.concat([wireString(type), wireString(sign(null, data, key))]);
  if (type === 'ssh-rsa') {
    const [name, hash] = rsaAlgorithm(flags);
    return Buffer.concat([wireString(name), wireString(sign(hash, data, key))]);
  }
  const signature = sign(ECDSA_HASHES[type], data, { key, dsaEncoding: 'ieee-p1363' });
  const half = signature.length / 2;
  const numbers = [wireInteger(signature.subarray(0, half)), wireInteger(signature.subarray(half))];
  return Buffer.concat([wireString(type), wireString(Buffer.concat(numbers))]);
}

function rsaAlgorithm(flags: number): [name: string, hash: string] {
  if (flags & RSA_SHA2_512) return ['rsa-sha2-512', 'sha512'];
  return flags & RSA_SHA2_256 ? ['rsa-sha2-256', 'sha256'] : ['ssh-rsa', 'sha1'];
}
