/** Paragraphs of `Key: value` lines, as Debian's control files and Python's metadata are. Keys in lower case. */
export function stanzasOf(text: string): ReadonlyMap<string, string>[] {
  return text
    .split(/\r?\n[ \t]*\r?\n/)
    .map(fieldsOf)
    .filter((fields) => fields.size > 0);
}

/** Of the lines of a field that has several, the first. Of a key that comes twice, the first. */
function fieldsOf(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of paragraph.split(/\r?\n/)) {
    const [, key, value] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && !fields.has(key.toLowerCase())) {
      fields.set(key.toLowerCase(), value.trim());
    }
  }
  return fields;
}
