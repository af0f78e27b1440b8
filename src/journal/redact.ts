/** What stands in the place of a secret. */
const MASK = Buffer.from('***');
/** A shorter value is too likely a part of something else. */
const MIN_SECRET = 6;

/**
 * Takes the values of secrets out of a stream, also where one is cut between two pieces of it: what may yet become one
 * is held back until the next piece or the end.
 */
export class Redactor {
  readonly #secrets: readonly Buffer[];
  #rest: Buffer = Buffer.alloc(0);

  constructor(secrets: readonly Buffer[]) {
    this.#secrets = secrets;
  }

  push(data: Buffer): Buffer {
    if (this.#secrets.length === 0) return data;
    const masked = this.#mask(Buffer.concat([this.#rest, data]));
    const held = Math.max(...this.#secrets.map((secret) => overlap(masked, secret)));
    this.#rest = masked.subarray(masked.length - held);
    return masked.subarray(0, masked.length - held);
  }

  end(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }

  #mask(data: Buffer): Buffer {
    return this.#secrets.reduce((text: Buffer, secret) => replaceAll(text, secret), data);
  }
}

/** What is looked for of a secret's value: it without the line end, and each of its lines. The longest first. */
export function secretParts(value: Buffer): Buffer[] {
  const text = value.toString('latin1').trim();
  const parts = new Set([text, ...text.split('\n').map((line) => line.trim())]);
  return [...parts]
    .filter((part) => part.length >= MIN_SECRET)
    .sort((a, b) => b.length - a.length)
    .map((part) => Buffer.from(part, 'latin1'));
}

function replaceAll(data: Buffer, secret: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let at = data.indexOf(secret); at >= 0; at = data.indexOf(secret, start)) {
    pieces.push(data.subarray(start, at), MASK);
    start = at + secret.length;
  }
  return start === 0 ? data : Buffer.concat([...pieces, data.subarray(start)]);
}

/** The length of the longest end of `data` that a secret begins with. */
function overlap(data: Buffer, secret: Buffer): number {
  for (let length = Math.min(secret.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(secret.subarray(0, length))) return length;
  }
  return 0;
}
