import type { TarEntry } from './entry.ts';
import { type TarHandler, type TarLimits, TarParser } from './parser.ts';

export interface TarMember {
  entry: TarEntry;
  /** The content; what is not read of it is skipped when the next member is asked for. */
  body: AsyncIterable<Buffer>;
}

const END = Symbol('end of content');

/** What the parser found in the chunks read so far, in order, and not yet taken. */
class Findings implements TarHandler {
  readonly #items: (TarEntry | Buffer | typeof END | undefined)[] = [];
  #head = 0;

  entry(entry: TarEntry): void {
    this.#items.push(entry);
  }

  data(chunk: Buffer): void {
    this.#items.push(chunk);
  }

  end(): void {
    this.#items.push(END);
  }

  take(): TarEntry | Buffer | typeof END | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) {
      this.#items.length = 0;
      this.#head = 0;
      return undefined;
    }
    this.#items[this.#head++] = undefined;
    return item;
  }
}

/**
 * The members of a tar one after the other, at the pace of the reader. The source is read to its end, also behind the
 * end of the archive, so that who hashes the source on the way has hashed it all. Where every member is handled
 * synchronously, `TarParser` does the same with less.
 */
export async function* readTar(source: AsyncIterable<Buffer>, limits: TarLimits = {}): AsyncGenerator<TarMember> {
  const findings = new Findings();
  const parser = new TarParser(findings, limits);
  const chunks = source[Symbol.asyncIterator]();
  let ended = false;

  async function fill(): Promise<boolean> {
    if (ended) return false;
    const next = await chunks.next();
    ended = next.done === true;
    if (next.done) parser.end();
    else parser.write(next.value);
    return !ended;
  }

  async function* bodyOf(member: { complete: boolean }): AsyncGenerator<Buffer> {
    while (!member.complete) {
      const item = findings.take();
      if (item === END) member.complete = true;
      else if (item !== undefined) yield item as Buffer;
      else await fill();
    }
  }

  try {
    do {
      for (let entry = findings.take(); entry !== undefined; entry = findings.take()) {
        const member = { complete: false };
        const body = bodyOf(member);
        yield { entry: entry as TarEntry, body };
        for await (const _ of bodyOf(member));
      }
    } while (await fill());
  } finally {
    if (!ended) await chunks.return?.();
  }
}
