import type { SourceFile, SourcePosition, SourceRange } from '../base/source.ts';

/** Places and texts in the form of BuildKit's subrequest results: lines from 1, characters from 0, texts in base64. */

export function locationJson(...ranges: SourceRange[]): object {
  return { ranges: ranges.map(({ start, end }) => ({ start: positionJson(start), end: positionJson(end) })) };
}

function positionJson({ line, column }: SourcePosition): object {
  return { line, character: column - 1 };
}

export function textJson({ text }: SourceFile): string {
  return Buffer.from(text).toString('base64');
}

export function documentOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
