import xxhash from 'xxhash-wasm';
import { type BytePath, joinBytePath } from '../base/bytepath.ts';
import type { Json } from '../base/digest.ts';
import type { EntryType, TreeEntry } from '../snapshot/tree.ts';

/** Something that a COPY reads. */
export interface SelectionItem {
  /** The number of the source that brings it. */
  source: number;
  /** Relative to the source; '' for a source that is a file. */
  path: BytePath;
  entry: TreeEntry;
  /** A directory that no pattern means, and that is made because something in it is meant. */
  onTheWay?: true | undefined;
}

/** What is added: an item, by its directory and the name in that; both are '' for a source that is a file. */
interface NewItem extends Omit<SelectionItem, 'path'> {
  directory: BytePath;
  name: BytePath;
}

/** Where items that follow each other lie. */
interface Place {
  source: number;
  /** Of the directory, relative to the source. */
  directory: BytePath;
  /** What the host path of each begins with: all but its last name. */
  host: BytePath;
}

/** The numbers of a run of items. */
interface Block {
  /** What a fingerprint is made of: place, kind, size, mtime, ctime, inode. */
  stamps: Float64Array;
  /** Owner, group, blocks, device, links, device number. */
  others: Float64Array;
}

const COLUMNS = 6;
const BLOCK = 4096;
/** Rows of a first block, which grows: most selections have a few items, and a bake has hundreds of them. */
const FIRST_ROWS = 16;
const GROWTH = 4;

const TYPES: readonly EntryType[] = ['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket'];
const TYPE_SHIFT = 12;
const TYPE_UNIT = 1 << TYPE_SHIFT;
const ON_THE_WAY = 0o100000;

/**
 * What a COPY reads, in the order in which it is copied. A selection may have a million items, so what is kept of
 * each is its name and a row of numbers; it becomes an object when somebody asks for it.
 */
export class SelectionItems implements Iterable<SelectionItem> {
  readonly #places: Place[] = [];
  readonly #names: BytePath[] = [];
  readonly #blocks: Block[] = [];

  get length(): number {
    return this.#names.length;
  }

  add({ source, directory, name, entry, onTheWay }: NewItem): void {
    const place = this.#placeOf(source, directory, entry.hostPath, name.length);
    const row = this.#names.length % BLOCK;
    const { stamps, others } = this.#blockFor(row);
    const at = row * COLUMNS;
    stamps[at] = place;
    stamps[at + 1] = entry.mode + TYPES.indexOf(entry.type) * TYPE_UNIT + (onTheWay ? ON_THE_WAY : 0);
    stamps[at + 2] = entry.size;
    stamps[at + 3] = entry.mtimeMs;
    stamps[at + 4] = entry.ctimeMs;
    stamps[at + 5] = entry.ino;
    others[at] = entry.uid;
    others[at + 1] = entry.gid;
    others[at + 2] = entry.blocks;
    others[at + 3] = entry.dev;
    others[at + 4] = entry.nlink;
    others[at + 5] = entry.rdev;
    this.#names.push(name);
  }

  at(index: number): SelectionItem {
    const name = this.#names[index] as BytePath;
    const { stamps, others } = this.#blocks[Math.floor(index / BLOCK)] as Block;
    const at = (index % BLOCK) * COLUMNS;
    const kind = stamps[at + 1] as number;
    const { source, directory, host } = this.#places[stamps[at] as number] as Place;
    const entry: TreeEntry = {
      type: TYPES[(kind % ON_THE_WAY) >> TYPE_SHIFT] as EntryType,
      mode: kind % TYPE_UNIT,
      uid: others[at] as number,
      gid: others[at + 1] as number,
      size: stamps[at + 2] as number,
      blocks: others[at + 2] as number,
      mtimeMs: stamps[at + 3] as number,
      ctimeMs: stamps[at + 4] as number,
      dev: others[at + 3] as number,
      ino: stamps[at + 5] as number,
      nlink: others[at + 4] as number,
      rdev: others[at + 5] as number,
      hostPath: host + name,
    };
    return { source, path: joinBytePath(directory, name), entry, onTheWay: kind >= ON_THE_WAY ? true : undefined };
  }

  *[Symbol.iterator](): Generator<SelectionItem> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /** @param which all of them, where absent */
  *treeEntries(which: (item: SelectionItem) => boolean = () => true): Generator<TreeEntry> {
    for (const item of this) if (which(item)) yield item.entry;
  }

  *entries(): Generator<[index: number, item: SelectionItem]> {
    for (let index = 0; index < this.length; index++) yield [index, this.at(index)];
  }

  /**
   * A number that changes whenever a stat record of the items does: where it is the same as last time, nothing
   * needs to be read or looked up. Not an identity for anybody else.
   * @param about what it is to depend on beside the items
   */
  async fingerprint(about: Json): Promise<string> {
    const { create64 } = await xxhash();
    const hash = create64();
    hash.update(JSON.stringify([about, this.#places.map(({ source, directory }) => [source, directory])]));
    for (const [index, { stamps }] of this.#blocks.entries()) {
      const names = this.#names.slice(index * BLOCK, (index + 1) * BLOCK);
      hash.update(names.join('\0'));
      hash.update(new Uint8Array(stamps.buffer, 0, names.length * COLUMNS * Float64Array.BYTES_PER_ELEMENT));
    }
    return hash.digest().toString(16);
  }

  /** The last block, with room for the row. */
  #blockFor(row: number): Block {
    if (row === 0) this.#blocks.push(newBlock(this.#blocks.length === 0 ? FIRST_ROWS : BLOCK));
    const last = this.#blocks.at(-1) as Block;
    if (row * COLUMNS < last.stamps.length) return last;
    const larger = newBlock(Math.min(BLOCK, row * GROWTH));
    larger.stamps.set(last.stamps);
    larger.others.set(last.others);
    this.#blocks[this.#blocks.length - 1] = larger;
    return larger;
  }

  #placeOf(source: number, directory: BytePath, hostPath: BytePath, nameLength: number): number {
    const length = hostPath.length - nameLength;
    const last = this.#places.at(-1);
    const isThere =
      last?.source === source &&
      last.directory === directory &&
      last.host.length === length &&
      hostPath.startsWith(last.host);
    if (!isThere) this.#places.push({ source, directory, host: hostPath.slice(0, length) });
    return this.#places.length - 1;
  }
}

function newBlock(rows: number): Block {
  return { stamps: new Float64Array(rows * COLUMNS), others: new Float64Array(rows * COLUMNS) };
}
