/** A value of a build file is shown up to here, in characters. */
const MAX_SHOWN = 60;

/** A text of the user's on one line and not too long. */
export function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN - 1)}…` : line;
}

export function quoted(text: string): string {
  return `"${shown(text)}"`;
}

/** The first three of a list, and how many more there are. */
export function listed(texts: readonly string[]): string {
  const more = texts.length - MAX_LISTED;
  const first = texts.slice(0, MAX_LISTED).join(', ');
  return more > 0 ? `${first} and ${more} more` : first;
}

const MAX_LISTED = 3;
