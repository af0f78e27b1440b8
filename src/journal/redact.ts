/** What stands in the place of a secret. */
const MASK = Buffer.from('***');
/** A shorter value is too likely a part of something else. */
const MIN_SECRET = 6;

/** From and to where bytes are masked. */
interface Masked {
  start: number;
  end: number;
}

/**
 * Takes the values of secrets out of a stream, also where one is cut between two pieces of it, begins with another one
 * or overlaps it: what may yet become one is held back until the next piece or the end.
 */
export class Redactor {
  readonly #secrets: readonly Buffer[];
  #rest: Buffer = Buffer.alloc(0);
  /** How much of the rest, from its beginning, a mask stands for that has been passed on. */
  #covered = 0;

  /** Secrets that are added to the list later are looked for from then on. */
  constructor(secrets: readonly Buffer[]) {
    this.#secrets = secrets;
  }

  push(data: Buffer): Buffer {
    if (this.#secrets.length === 0) return data;
    const known = Buffer.concat([this.#rest, data]);
    const held = Math.max(...this.#secrets.map((secret) => overlap(known, secret)));
    return this.#pass(known, known.length - held);
  }

  end(): Buffer {
    return this.#pass(this.#rest, this.#rest.length);
  }

  /** What comes before `cut`, masked. */
  #pass(data: Buffer, cut: number): Buffer {
    const pieces: Buffer[] = [];
    let position = 0;
    let covered = 0;
    for (const { start, end } of this.#maskedIn(data)) {
      const isPassedOn = start === 0 && this.#covered > 0;
      if (start >= cut && !isPassedOn) break;
      pieces.push(data.subarray(position, start), isPassedOn ? Buffer.alloc(0) : MASK);
      position = Math.min(end, cut);
      covered = end - position;
    }
    pieces.push(data.subarray(position, cut));
    this.#rest = data.subarray(cut);
    this.#covered = covered;
    return Buffer.concat(pieces);
  }

  /** In order; those that overlap are one. */
  #maskedIn(data: Buffer): Masked[] {
    const known = this.#covered > 0 ? [{ start: 0, end: this.#covered }] : [];
    const found = [...known, ...this.#secrets.flatMap((secret) => occurrences(data, secret))];
    const merged: Masked[] = [];
    for (const masked of found.sort((a, b) => a.start - b.start || b.end - a.end)) {
      const last = merged.at(-1);
      if (last === undefined || masked.start >= last.end) merged.push({ ...masked });
      else last.end = Math.max(last.end, masked.end);
    }
    return merged;
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

function occurrences(data: Buffer, secret: Buffer): Masked[] {
  const found: Masked[] = [];
  for (let at = data.indexOf(secret); at >= 0; at = data.indexOf(secret, at + 1)) {
    found.push({ start: at, end: at + secret.length });
  }
  return found;
}

/** The length of the longest end of `data` that a secret begins with. */
function overlap(data: Buffer, secret: Buffer): number {
  for (let length = Math.min(secret.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(secret.subarray(0, length))) return length;
  }
  return 0;
}
