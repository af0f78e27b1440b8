import type { BytePath } from '../base/bytepath.ts';
import { COPY_FILES, type CopiedPart, copyFile, type FileCopy } from '../snapshot/file-copy.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { DividedWork } from '../threads/divided-work.ts';
import { asCopyError } from './copy-errors.ts';

/** How many files, or bytes of files, are copied as one part of the work. */
const FILES_OF_PART = 256;
const BYTES_OF_PART = 4 * 1024 * 1024;

/** With its names where it is copied from and in the layer, for errors. */
export interface NamedCopy extends FileCopy {
  from: BytePath;
  to: BytePath;
}

/**
 * The files of a COPY that have their place in the layer and are still to be made. Whoever has added some ends with
 * `settle`, before anything else needs them, or with `abandon`.
 */
export class FileCopies {
  readonly #writer: LayerWriter;
  readonly #work: DividedWork<readonly NamedCopy[], CopiedPart>;
  #part: NamedCopy[] = [];
  #bytes = 0;

  constructor({ writer, signal }: { writer: LayerWriter; signal: AbortSignal }) {
    this.#writer = writer;
    const done = (result: CopiedPart, copies: readonly NamedCopy[]) => this.#finish(result, copies);
    this.#work = new DividedWork({ task: COPY_FILES, done, signal });
  }

  async add(copy: NamedCopy, size: number): Promise<void> {
    this.#part.push(copy);
    this.#bytes += size;
    if (this.#part.length >= FILES_OF_PART || this.#bytes >= BYTES_OF_PART) await this.#addPart();
  }

  /** All that was added is made. */
  async settle(): Promise<void> {
    await this.#addPart();
    await this.#work.end();
  }

  /** After an error: nothing is being made any more. */
  async abandon(): Promise<void> {
    await this.#work.abandon();
  }

  async #addPart(): Promise<void> {
    const part = this.#part;
    this.#part = [];
    this.#bytes = 0;
    if (part.length > 0) await this.#work.add(part);
  }

  /** What failed is made again, which fails for the same reason, and can be told. */
  #finish({ made, ownershipLost }: CopiedPart, copies: readonly NamedCopy[]): void {
    this.#writer.noteOwned(!ownershipLost);
    for (const copy of copies.slice(made)) {
      try {
        this.#writer.noteOwned(copyFile(copy));
      } catch (error) {
        throw asCopyError(error, copy.from, copy.to);
      }
    }
  }
}
