import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('tsbuild builds');

const DOCKERFILE = 'FROM busybox\nRUN --mount=type=secret,id=s,env=S echo hello; echo "the $S"\n';

let place: Workplace;
test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('secret', 'very-secret-value');
  for (let time = 0; time < 2; time++) await place.build(DOCKERFILE, ['-t', 'app', '--secret', 'id=s,src=secret']);
  await place.run(['build', '-f', '-', '.'], { stdin: 'FROM busybox\nRUN echo before; false\n' });
});
test.after(() => place.remove());

async function builds(): Promise<{ id: string; outcome: string }[]> {
  return JSON.parse(await place.ok(['builds', 'ls', '--json'])) as { id: string; outcome: string }[];
}

test('ls has the newest first, with what became of it', async () => {
  assert.equal(
    (await builds()).map(({ outcome }) => outcome),
    ['failed', 'done', 'done'],
  );
  const lines = (await place.ok(['builds', 'ls'])).split('\n');
  assert.match(lines[0] ?? '', /^BUILD +TARGET +STARTED +TOOK +STEPS +OUTCOME$/);
  assert.match(lines[2] ?? '', /app:latest .* 2 \(2 cached\) +done$/);
});

test('logs shows what a step said, also where it came from the cache, and no secret', async () => {
  const [, cached, ran] = await builds();
  for (const [build, shown] of [
    [ran, 'ran'],
    [cached, 'cached'],
  ] as const) {
    const text = await place.ok(['builds', 'logs', build?.id ?? '']);
    assert.ok(text.includes(`[${shown}]\nhello\nthe ***`), text);
  }
});

test('logs without an ID is the last build, and says how it failed', async () => {
  assert.match(await place.ok(['builds', 'logs']), /\[failed\]\nbefore\n.*exit code: 1/);
});

test('what is not there or not said is an error', async () => {
  const { code, stderr } = await place.run(['builds', 'logs', 'nope']);
  assert.is(code, 1);
  assert.match(stderr, /no build of the ID nope/);
  assert.is((await place.run(['builds', 'rm'])).code, 2);
});

test('rm forgets one, or all', async () => {
  const [last] = await builds();
  assert.is(await place.ok(['builds', 'rm', last?.id ?? '']), last?.id);
  assert.is((await builds()).length, 2);
  await place.ok(['builds', 'rm', '--all']);
  assert.equal(await builds(), []);
});

test.run();
