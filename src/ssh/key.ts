import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { TsbuildError } from '../base/error.ts';
import { WireReader, wireInteger, wireString } from './wire.ts';

/** A private key with its public half in the form that SSH sends. */
export interface SshKey {
  key: KeyObject;
  /** The public key as a blob of RFC 4253, section 6.6. */
  blob: Buffer;
  comment: string;
}

/** The curves of ECDSA keys: as Node calls them, and as SSH does (RFC 5656). */
const CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/**
 * Reads a private key that is not encrypted: PEM (PKCS #1, PKCS #8, SEC 1) or OpenSSH's own form. Errors name the file
 * and never hold anything of its content.
 */
export function parseKey(text: string, name: string): SshKey {
  try {
    const key = text.includes('BEGIN OPENSSH PRIVATE KEY') ? fromOpenSsh(text) : createPrivateKey(text);
    return { key, blob: publicBlob(key), comment: name };
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'UNSUPPORTED') throw error;
    // Without the cause: what a parser says may quote what it read.
    throw new TsbuildError('INVALID', `${name} is no private key that can be used without a passphrase`, {
      hint: 'load it into an agent (ssh-add), and pass --ssh default',
    });
  }
}

/** OpenSSH's file format (PROTOCOL.key): a magic, three names, the public keys, the private ones. */
function fromOpenSsh(text: string): KeyObject {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1] ?? '';
  const reader = new WireReader(Buffer.from(body, 'base64'));
  const magic = 'openssh-key-v1\0';
  if (reader.bytes(magic.length).toString('latin1') !== magic) throw new TsbuildError('INVALID', 'no OpenSSH key');
  if (reader.text() !== 'none') throw new TsbuildError('INVALID', 'an encrypted key');
  reader.text();
  reader.string();
  if (reader.uint32() !== 1) throw new TsbuildError('INVALID', 'a file of several keys');
  reader.string();
  const secret = new WireReader(reader.string());
  const check = secret.uint32();
  if (secret.uint32() !== check) throw new TsbuildError('INVALID', 'a damaged key');
  return createPrivateKey({ key: privateFields(secret), format: 'jwk' });
}

function privateFields(reader: WireReader): JsonWebKey {
  const type = reader.text();
  const field = () => base64Url(reader.string());
  if (type === 'ssh-ed25519') {
    const x = field();
    return { kty: 'OKP', crv: 'Ed25519', x, d: base64Url(reader.string().subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') return rsaFields(reader);
  const crv = Object.keys(CURVES).find((name) => type === `ecdsa-sha2-${CURVES[name]}`);
  if (crv === undefined) throw unsupportedType(type);
  reader.text();
  const point = reader.string();
  const size = (point.length - 1) / 2;
  const coordinates = { x: base64Url(point.subarray(1, 1 + size)), y: base64Url(point.subarray(1 + size)) };
  return { kty: 'EC', crv, ...coordinates, d: base64Url(withLength(reader.string(), size)) };
}

/** The exponents modulo p-1 and q-1, which the file leaves out, are what the import wants too. */
function rsaFields(reader: WireReader): JsonWebKey {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => toInteger(reader.string())) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const numbers = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi };
  const fields = Object.entries(numbers).map(([name, value]) => [name, base64Url(fromInteger(value))]);
  return { kty: 'RSA', ...Object.fromEntries(fields) };
}

function publicBlob(key: KeyObject): Buffer {
  const { kty, crv = '', x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (value: string) => Buffer.from(value, 'base64url');
  if (kty === 'RSA') return Buffer.concat([wireString('ssh-rsa'), wireInteger(bytes(e)), wireInteger(bytes(n))]);
  if (kty === 'OKP' && crv === 'Ed25519') return Buffer.concat([wireString('ssh-ed25519'), wireString(bytes(x))]);
  const curve = kty === 'EC' ? CURVES[crv] : undefined;
  if (curve === undefined) throw unsupportedType(`${kty} ${crv}`);
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  return Buffer.concat([wireString(`ecdsa-sha2-${curve}`), wireString(curve), wireString(point)]);
}

function base64Url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}

function fromInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

function withLength(bytes: Buffer, length: number): Buffer {
  const trimmed = bytes.length > length ? bytes.subarray(bytes.length - length) : bytes;
  return Buffer.concat([Buffer.alloc(length - trimmed.length), trimmed]);
}

function unsupportedType(type: string): TsbuildError {
  return new TsbuildError('UNSUPPORTED', `keys of the type ${JSON.stringify(type)} are not signed with`, {
    hint: 'use a key of the type ed25519, ecdsa or rsa, or an agent',
  });
}
