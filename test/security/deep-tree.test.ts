import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('trees that are deeper than any path');

/** As deep as the path of a shell goes, which on the host begins elsewhere and is longer. */
const DEEP = 'mkdir /deep; cd /deep; i=0; while [ $i -lt 2040 ]; do mkdir d; cd d; i=$((i + 1)); done';

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
});
test.after(() => place.remove());

test('a step that fails in one leaves nothing', async () => {
  const { code, stderr } = await place.run(['build', '-f', '-', '.'], { stdin: `FROM busybox\nRUN ${DEEP}; exit 3` });
  assert.is(code, 1);
  assert.match(stderr, /exit code: 3/);
  assert.equal(readdirSync(`${place.root}/v1/tmp`), []);
});

test('one that is no layer is refused, and prune removes it', async () => {
  const { code, stderr } = await place.run(['build', '-f', '-', '.'], { stdin: `FROM busybox\nRUN ${DEEP}` });
  assert.is(code, 1);
  assert.match(stderr, /ERROR: the path of \d+ bytes is longer than the system takes: \/deep\/d\/d/);
  assert.not.match(stderr, /\n\s+at /);
  await place.ok(['du']);
  await place.ok(['prune', '--all']);
  assert.equal(readdirSync(`${place.root}/v1/s`), []);
});

test.run();
