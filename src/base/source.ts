/** A position in a text: 1-based line, 1-based column in UTF-16 units, 0-based offset in UTF-16 units. */
export interface SourcePosition {
  line: number;
  column: number;
  offset: number;
}

/** A half-open range `[start, end)` of a text. */
export interface SourceRange {
  start: SourcePosition;
  end: SourcePosition;
}

export interface SourceFile {
  /** The name shown to the user. */
  name: string;
  text: string;
}
