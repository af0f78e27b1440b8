import { constants, createHash, privateDecrypt, randomUUID } from 'node:crypto';
import { Refusal } from '../fail.ts';
import { Num } from '../value/number.ts';
import { bcrypt } from './bcrypt.ts';
import { define, type Functions, number, text } from './signature.ts';

function hash(algorithm: string) {
  return define([text('str')], (value: string) => createHash(algorithm).update(value).digest('hex'));
}

/** RFC 4122, appendix C. */
const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
};

function uuidV5(namespace: string, name: string): string {
  const id = NAMESPACES[namespace] ?? namespace;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
    throw new Refusal(`${JSON.stringify(namespace)} is no UUID`);
  const bytes = createHash('sha1')
    .update(Buffer.from(id.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** PKCS #1 v1.5. The padding is taken off here: what Node's own OpenSSL does with it depends on its version. */
function rsaDecrypt(ciphertext: string, key: string): string {
  const block = decryptBlock(Buffer.from(ciphertext, 'base64'), key);
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new Refusal('the text was not encrypted for this key');
  return block.toString('utf8', end + 1);
}

function decryptBlock(ciphertext: Buffer, key: string): Buffer {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext);
  } catch (cause) {
    if (cause instanceof Error) throw new Refusal('the key is no RSA key in PEM, or the text is not of its length');
    throw cause;
  }
}

/** What is used without the second argument: 2^10 rounds. */
const DEFAULT_COST = 10;

export const HASHES: Functions = {
  bcrypt: define(
    [text('str')],
    (value: string, ...costs: Num[]) => {
      if (costs.length > 1) throw new Refusal('takes 1 or 2 arguments');
      return bcrypt(value, (costs[0] ?? Num.of(DEFAULT_COST)).toInteger('the cost'));
    },
    number('cost'),
  ),
  md5: hash('md5'),
  rsadecrypt: define([text('ciphertext'), text('privatekey')], rsaDecrypt),
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  sha512: hash('sha512'),
  uuidv4: define([], () => randomUUID()),
  uuidv5: define([text('namespace'), text('name')], uuidV5),
};
