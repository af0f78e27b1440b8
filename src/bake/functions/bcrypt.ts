import { randomBytes } from 'node:crypto';
import { Refusal } from '../fail.ts';

const ROUNDS = 16;
const BOX = 256;
/** Bytes of the text that count, with the zero behind it. */
const MAX_TEXT = 72;
const MIN_COST = 4;
/** A cost of 16 takes ten seconds; the reference's 31 would take days. */
const MAX_COST = 16;
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Hashes a text of at most 72 bytes with a salt of its own (Provos and Mazières, 1999), as `$2a$<cost>$<salt><hash>`. */
export function bcrypt(value: string, cost: number, salt: Buffer = randomBytes(16)): string {
  if (cost < MIN_COST || cost > MAX_COST) throw new Refusal(`the cost must be ${MIN_COST} to ${MAX_COST}, not ${cost}`);
  const key = Buffer.from(`${value}\0`);
  if (key.length - 1 > MAX_TEXT) throw new Refusal(`the text has ${key.length - 1} bytes, more than ${MAX_TEXT}`);
  const cipher = new Blowfish();
  cipher.expand(key, salt);
  for (let round = 0; round < 2 ** cost; round++) {
    cipher.expand(key, Buffer.alloc(16));
    cipher.expand(salt, Buffer.alloc(16));
  }
  const words = new Uint32Array(6);
  Buffer.from('OrpheanBeholderScryDoubt').forEach((byte, at) => {
    words[at >> 2] = ((words[at >> 2] as number) << 8) | byte;
  });
  for (let block = 0; block < words.length; block += 2)
    for (let time = 0; time < 64; time++) cipher.encrypt(words, block);
  const hash = Buffer.alloc(24);
  words.forEach((word, at) => {
    hash.writeUInt32BE(word, at * 4);
  });
  return `$2a$${String(cost).padStart(2, '0')}$${base64(salt)}${base64(hash.subarray(0, 23))}`;
}

function base64(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,6}/g) ?? []).map((six) => ALPHABET[Number.parseInt(six.padEnd(6, '0'), 2)]).join('');
}

/** The cipher with its state open, as bcrypt mixes keys into it. */
class Blowfish {
  readonly #keys: Uint32Array;
  readonly #boxes: Uint32Array;

  constructor() {
    const digits = fractionOfPi(ROUNDS + 2 + 4 * BOX);
    this.#keys = digits.slice(0, ROUNDS + 2);
    this.#boxes = digits.slice(ROUNDS + 2);
  }

  expand(key: Buffer, salt: Buffer): void {
    const read = wordsOf(key);
    for (let at = 0; at < this.#keys.length; at++) this.#keys[at] = (this.#keys[at] as number) ^ read();
    const salted = wordsOf(salt);
    const block = new Uint32Array(2);
    for (const table of [this.#keys, this.#boxes]) {
      for (let at = 0; at < table.length; at += 2) {
        block[0] = (block[0] as number) ^ salted();
        block[1] = (block[1] as number) ^ salted();
        this.encrypt(block, 0);
        table.set(block, at);
      }
    }
  }

  encrypt(words: Uint32Array, at: number): void {
    const keys = this.#keys;
    let left = words[at] as number;
    let right = words[at + 1] as number;
    for (let round = 0; round < ROUNDS; round += 2) {
      left ^= keys[round] as number;
      right ^= this.#mix(left);
      right ^= keys[round + 1] as number;
      left ^= this.#mix(right);
    }
    words[at] = right ^ (keys[ROUNDS + 1] as number);
    words[at + 1] = left ^ (keys[ROUNDS] as number);
  }

  #mix(word: number): number {
    const boxes = this.#boxes;
    const sum = ((boxes[word >>> 24] as number) + (boxes[BOX + ((word >>> 16) & 255)] as number)) | 0;
    return ((sum ^ (boxes[2 * BOX + ((word >>> 8) & 255)] as number)) + (boxes[3 * BOX + (word & 255)] as number)) | 0;
  }
}

/** Reads words of four bytes, over and over. */
function wordsOf(bytes: Buffer): () => number {
  let at = 0;
  return () => {
    let word = 0;
    for (let byte = 0; byte < 4; byte++) word = (word << 8) | (bytes[at++ % bytes.length] as number);
    return word;
  };
}

/** The first words behind the point of pi in binary, by Machin's formula: the cipher's tables are made of them. */
function fractionOfPi(words: number): Uint32Array {
  const guard = 64n;
  const bits = BigInt(words * 32);
  const one = 1n << (bits + guard);
  const pi = 4n * (4n * arcCotangent(5n, one) - arcCotangent(239n, one));
  let fraction = (pi - 3n * one) >> guard;
  const result = new Uint32Array(words);
  for (let at = words - 1; at >= 0; at--) {
    result[at] = Number(fraction & 0xffffffffn);
    fraction >>= 32n;
  }
  return result;
}

function arcCotangent(value: bigint, one: bigint): bigint {
  let power = one / value;
  let sum = power;
  for (let divisor = 3n, sign = -1n; power !== 0n; divisor += 2n, sign = -sign) {
    power /= value * value;
    sum += (sign * power) / divisor;
  }
  return sum;
}
