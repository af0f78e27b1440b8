import { turn } from '../base/abortable.ts';
import { TarWriter } from '../tar/writer.ts';
import { DividedWork } from '../threads/divided-work.ts';
import type { Change } from './changes.ts';
import { contentOf, ENCODE_MEMBERS, type EncodedMembers, type MembersPart } from './members.ts';
import type { EarlierTar, MemberNotes } from './tar-members.ts';

const READ_SIZE = 1024 * 1024;

/** How much is packed before other work of this process gets a turn. */
const TURN_SIZE = 16 * 1024 * 1024;

/** What could be packed while a member is looked at, in bytes. */
const LOOK_SIZE = 32 * 1024;

/** How many members, or bytes of content, are one part of the work. A larger file passes through alone. */
const MEMBERS_OF_PART = 256;
const BYTES_OF_PART = 1024 * 1024;
/** Such a part with its headers, in most cases. */
const ROOM_OF_PART = 2 * BYTES_OF_PART;

export interface PackOptions {
  signal?: AbortSignal | undefined;
  /** What is the same there is not read from the layer and not encoded again. */
  earlier?: EarlierTar | undefined;
  /** Told where each member lies. */
  notes?: MemberNotes | undefined;
}

/**
 * Writes a layer as a tar. `emit` is called with each chunk in order and must be done with it when it returns. A
 * file that changes its size in the meantime fails with CHANGED.
 */
export async function packLayer(
  changes: Iterable<Change>,
  emit: (chunk: Buffer) => void,
  options: PackOptions = {},
): Promise<void> {
  const packer = new Packer(emit, options);
  try {
    await packer.pack(changes);
  } finally {
    await packer.abandon();
  }
}

/** Part of the earlier tar, in bytes from its start, and where it comes here. */
interface Run {
  start: number;
  end: number;
  position: number;
}

class Packer {
  readonly #options: PackOptions;
  readonly #writer: TarWriter;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  readonly #encoding: DividedWork<MembersPart, EncodedMembers>;
  /** Rooms in which nothing is that is still to be written. */
  readonly #rooms: SharedArrayBuffer[] = [];
  #part: Change[] = [];
  #partSize = 0;
  #sinceTurn = 0;

  constructor(emit: (chunk: Buffer) => void, options: PackOptions) {
    this.#options = options;
    this.#writer = new TarWriter(emit);
    const done = (members: EncodedMembers, part: MembersPart) => this.#place(members, part);
    this.#encoding = new DividedWork({ task: ENCODE_MEMBERS, done, signal: options.signal });
  }

  async pack(changes: Iterable<Change>): Promise<void> {
    /** Members that lie one behind the other in the earlier tar, and come here as they do there. */
    let run: Run | undefined;
    for (const change of changes) {
      const known = this.#options.earlier?.placeOf(change);
      if (run !== undefined && known?.start !== run.end) {
        await this.#copy(run);
        run = undefined;
      }
      if (known === undefined) await this.#pack(change);
      else {
        run ??= await this.#beginRun(known.start);
        run.end = known.end;
        const shift = run.position - run.start;
        this.#options.notes?.add(change, known.start + shift, known.end + shift);
        await this.#pay(LOOK_SIZE);
      }
    }
    if (run !== undefined) await this.#copy(run);
    await this.#finishParts();
    this.#writer.end();
  }

  async #pack(change: Change): Promise<void> {
    if (change.entry.size > BYTES_OF_PART) await this.#packLarge(change);
    else await this.#packSmall(change);
  }

  async abandon(): Promise<void> {
    await this.#encoding.abandon();
  }

  async #packSmall(change: Change): Promise<void> {
    this.#part.push(change);
    this.#partSize += change.entry.size;
    if (this.#part.length >= MEMBERS_OF_PART || this.#partSize >= BYTES_OF_PART) await this.#addPart();
  }

  async #addPart(): Promise<void> {
    const changes = this.#part;
    this.#part = [];
    this.#partSize = 0;
    if (changes.length === 0) return;
    await this.#encoding.add({ changes, room: this.#rooms.pop() ?? new SharedArrayBuffer(ROOM_OF_PART) });
  }

  /** What is not encoded in parts comes behind all that is. */
  async #finishParts(): Promise<void> {
    await this.#addPart();
    await this.#encoding.end();
  }

  #place({ room, ends }: EncodedMembers, { changes }: MembersPart): void {
    const start = this.#writer.position;
    let begin = start;
    for (const [index, change] of changes.entries()) {
      const end = start + (ends[index] as number);
      this.#options.notes?.add(change, begin, end);
      begin = end;
    }
    this.#writer.members(Buffer.from(room, 0, begin - start));
    this.#rooms.push(room);
  }

  async #packLarge(change: Change): Promise<void> {
    await this.#finishParts();
    const before = this.#writer.position;
    this.#writer.header(change.entry);
    for (const chunk of contentOf(change)) {
      this.#writer.data(chunk);
      await this.#pay(chunk.length);
    }
    this.#options.notes?.add(change, before, this.#writer.position);
  }

  async #beginRun(start: number): Promise<Run> {
    await this.#finishParts();
    return { start, end: start, position: this.#writer.position };
  }

  async #copy({ start, end }: Run): Promise<void> {
    const { earlier } = this.#options as { earlier: EarlierTar };
    for (const chunk of earlier.read(start, end, this.#buffer)) {
      this.#writer.members(chunk);
      await this.#pay(chunk.length);
    }
  }

  async #pay(bytes: number): Promise<void> {
    this.#sinceTurn += bytes;
    if (this.#sinceTurn < TURN_SIZE) return;
    this.#sinceTurn = 0;
    await turn(this.#options.signal);
  }
}
