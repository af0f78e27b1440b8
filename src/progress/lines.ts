import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is broken: output without line ends must not fill the memory. In UTF-16 units. */
const MAX_LINE = 16 * 1024;

/**
 * Makes lines of a stream of bytes. What is not UTF-8 becomes U+FFFD. A carriage return overwrites the line from its
 * start, so a progress bar yields its last state, once.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** The lines that `data` completes. */
  push(data: Uint8Array): string[] {
    const pieces = (this.#rest + this.#decoder.write(Buffer.from(data.buffer, data.byteOffset, data.length))).split(
      '\n',
    );
    this.#rest = overwritten(pieces.pop() ?? '');
    const lines = pieces.map(visible).flatMap(broken);
    while (this.#rest.length > MAX_LINE) {
      lines.push(this.#rest.slice(0, MAX_LINE));
      this.#rest = this.#rest.slice(MAX_LINE);
    }
    return lines;
  }

  /** The line that has not ended yet. */
  get partial(): string {
    return visible(this.#rest);
  }

  /** Ends the line that has not ended, at the end of the stream or because it has waited long enough. */
  flush(): string[] {
    const line = visible(this.#rest + this.#decoder.end());
    this.#rest = '';
    return line === '' ? [] : [line];
  }
}

/** Drops what a carriage return has already overwritten; a last one may still turn out to be half of CR LF. */
function overwritten(text: string): string {
  return text.endsWith('\r') ? `${visible(text)}\r` : visible(text);
}

function visible(line: string): string {
  if (!line.includes('\r')) return line;
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

function broken(line: string): string[] {
  if (line.length <= MAX_LINE) return [line];
  return Array.from({ length: Math.ceil(line.length / MAX_LINE) }, (_, part) =>
    line.slice(part * MAX_LINE, (part + 1) * MAX_LINE),
  );
}
