/**
 * A terminal as far as the display uses one: rows of a fixed width, a cursor, a scrollback. A sequence that it does not
 * know is an error, so that nothing unexpected reaches a user's terminal unseen.
 */
export class Screen {
  columns: number;
  readonly rows: number;
  /** Rows that left the screen at the top, and the screen, as characters; the second half of a wide one is ''. */
  #cells: string[][] = [[]];
  #top = 0;
  #row = 0;
  #column = 0;
  cursorVisible = true;
  wraps = true;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write = (text: string): true => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with ESC
    const token = /\u001b\[(\??)([0-9;]*)([A-Za-z])|[\s\S]/gu;
    for (const [all, mark, parameter, command] of text.matchAll(token)) {
      if (command === undefined) this.#put(all);
      else this.#control(`${mark}${command}`, parameter ?? '');
    }
    return true;
  };

  /** Another width: rows that are now too long are wrapped again, as most terminals do. The cursor is in column 0. */
  resize(columns: number): void {
    const cursor = this.#top + this.#row;
    const wrap = (line: string[]): string[][] => {
      const count = Math.max(Math.ceil(line.length / columns), 1);
      return Array.from({ length: count }, (_, part) => line.slice(part * columns, (part + 1) * columns));
    };
    const above = this.#cells.slice(0, cursor).flatMap(wrap);
    this.#cells = [...above, ...this.#cells.slice(cursor)];
    this.#top = Math.max(above.length + 1 - this.rows, 0);
    this.#row = above.length - this.#top;
    this.columns = columns;
  }

  /** What a user sees, without trailing blanks. */
  visible(): string[] {
    return trimmed(this.#cells.slice(this.#top));
  }

  /** What a user sees after scrolling up to the start. */
  all(): string[] {
    return trimmed(this.#cells);
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#feed();
    else if (character < ' ') throw new Error(`control character ${JSON.stringify(character)}`);
    else this.#print(character);
  }

  #print(character: string): void {
    const width = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff01-\uff60]|[\u{1f300}-\u{1faff}]/u.test(character)
      ? 2
      : 1;
    if (this.#column + width > this.columns) {
      if (this.wraps) this.#feed();
      else this.#column = this.columns - width;
    }
    const line = this.#line();
    while (line.length < this.#column) line.push(' ');
    line.splice(this.#column, width, character, ...Array<string>(width - 1).fill(''));
    this.#column += width;
  }

  #feed(): void {
    this.#column = 0;
    this.#row++;
    if (this.#row === this.rows) {
      this.#row--;
      this.#top++;
    }
    this.#line();
  }

  #line(): string[] {
    while (this.#cells.length <= this.#top + this.#row) this.#cells.push([]);
    return this.#cells[this.#top + this.#row] ?? [];
  }

  #control(command: string, parameter: string): void {
    if (command === 'm') return;
    if (command === 'A') this.#row = Math.max(0, this.#row - Number(parameter || 1));
    else if (command === 'K') this.#line().length = Math.min(this.#line().length, this.#column);
    else if (command === 'J') this.#clearBelow();
    else if (/^\?[hl]$/.test(command)) this.#mode(parameter, command === '?h');
    else throw new Error(`control sequence ${parameter}${command}`);
  }

  #clearBelow(): void {
    this.#line().length = Math.min(this.#line().length, this.#column);
    for (const line of this.#cells.slice(this.#top + this.#row + 1)) line.length = 0;
  }

  #mode(parameter: string, on: boolean): void {
    if (parameter === '25') this.cursorVisible = on;
    else if (parameter === '7') this.wraps = on;
    else throw new Error(`mode ${parameter}`);
  }
}

function trimmed(cells: readonly string[][]): string[] {
  const lines = cells.map((line) => line.join('').trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
