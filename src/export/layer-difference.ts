import { fromBytePath } from '../base/bytepath.ts';
import type { TarEntry } from '../tar/entry.ts';
import { readTar, type TarMember } from '../tar/read.ts';

/** How two tars differ first: in which file, and in which of its attributes. */
export interface LayerDifference {
  /** Absolute in the image. */
  path: string;
  /** e.g. `mode 0644 and 0600`. */
  attributes: readonly string[];
}

/** The first difference of two layers, as plain tars; undefined where every entry is the same. */
export async function layerDifference(
  one: AsyncIterable<Buffer>,
  other: AsyncIterable<Buffer>,
): Promise<LayerDifference | undefined> {
  const [left, right] = [readTar(one), readTar(other)];
  try {
    while (true) {
      const [a, b] = [await left.next(), await right.next()];
      if (a.done && b.done) return undefined;
      if (a.done || b.done || a.value.entry.path !== b.value.entry.path) return order(a.value, b.value);
      const attributes = [
        ...entryDifferences(a.value.entry, b.value.entry),
        ...(await contentDifference(a.value, b.value)),
      ];
      if (attributes.length > 0) return { path: nameOf(a.value), attributes };
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}

/** One of the two has a file more, or they have another order. */
function order(a: TarMember | undefined, b: TarMember | undefined): LayerDifference {
  const said = [a, b].map((member) => (member === undefined ? 'the end' : nameOf(member)));
  return { path: nameOf((a ?? b) as TarMember), attributes: [`order: in this place are ${said.join(' and ')}`] };
}

function nameOf({ entry }: TarMember): string {
  return `/${fromBytePath(entry.path)}`;
}

const octal = (mode: number) => mode.toString(8).padStart(4, '0');
const time = (seconds: number) => new Date(seconds * 1000).toISOString();

const ATTRIBUTES: readonly (readonly [name: string, textOf: (entry: TarEntry) => string])[] = [
  ['type', ({ type }) => type],
  ['mode', ({ mode }) => octal(mode)],
  ['owner', ({ uid, gid }) => `${uid}:${gid}`],
  ['size', ({ size }) => String(size)],
  ['mtime', ({ mtime }) => time(mtime)],
  ['link', ({ linkPath = '' }) => fromBytePath(linkPath)],
  ['device', ({ devMajor = 0, devMinor = 0 }) => `${devMajor}:${devMinor}`],
  ['xattr', xattrsOf],
];

function xattrsOf({ xattrs = new Map<string, Buffer>() }: TarEntry): string {
  const texts = [...xattrs].map(([name, value]) => `${name}=0x${value.toString('hex')}`);
  return texts.sort().join(' ') || 'none';
}

function entryDifferences(a: TarEntry, b: TarEntry): string[] {
  return ATTRIBUTES.flatMap(([name, textOf]) => {
    const [one, other] = [textOf(a), textOf(b)];
    return one === other ? [] : [`${name} ${one} and ${other}`];
  });
}

async function contentDifference(a: TarMember, b: TarMember): Promise<string[]> {
  const [left, right] = [new Bytes(a.body), new Bytes(b.body)];
  for (let offset = 0; ; ) {
    const [one, other] = [await left.peek(), await right.peek()];
    const length = Math.min(one.length, other.length);
    if (length === 0) return one.length === other.length ? [] : [`content at byte ${offset}: one ends there`];
    if (one.compare(other, 0, length, 0, length) === 0) {
      left.skip(length);
      right.skip(length);
      offset += length;
      continue;
    }
    let at = 0;
    while (one[at] === other[at]) at++;
    return [`content at byte ${offset + at}`];
  }
}

/** A body of which as much is looked at as another one has ready. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Buffer>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** Empty at the end. */
  async peek(): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) break;
      this.#rest = next.value;
    }
    return this.#rest;
  }

  skip(length: number): void {
    this.#rest = this.#rest.subarray(length);
  }
}
