import * as assert from 'uvu/assert';

/** Every word in this order, and nothing of our insides. */
export function assertSays(stderr: string, says: readonly string[]): void {
  let from = 0;
  for (const text of says) {
    const found = stderr.indexOf(text, from);
    assert.ok(found >= 0, `${JSON.stringify(text)} is not in its place in:\n${stderr}`);
    from = found + text.length;
  }
  assert.not.match(stderr, /\n\s+at .*[:(]\d+|INTERNAL|undefined|\[object/);
}
