import type { ChildProcess } from 'node:child_process';
import { renameSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, Workplace } from '../support/workplace.ts';

const test = suite<{ place: Workplace }>('tsbuild build --watch');

test.before(async (context) => {
  context.place = await Workplace.withBusybox();
});
test.after(({ place }) => place.remove());

/** What a process says, and waiting for it to say something. */
class Listener {
  readonly #child: ChildProcess;
  #text = '';
  #seen = 0;
  #check: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#text += data.toString();
        this.#check();
      });
    }
    child.on('exit', () => this.#check());
  }

  /** Waits until this has been said since it was waited for last; returns all that was said since then. */
  hear(what: RegExp): Promise<string> {
    return new Promise((done, fail) => {
      this.#check = () => {
        const said = this.#text.slice(this.#seen);
        const found = what.exec(said);
        if (found !== null) {
          this.#seen += found.index + found[0].length;
          this.#check = () => undefined;
          done(said.slice(0, found.index + found[0].length));
        } else if (this.#child.exitCode !== null) fail(new Error(`ended without ${what}: ${said}`));
      };
      this.#check();
    });
  }
}

async function watching(place: Workplace, args: string[], work: (heard: Listener) => Promise<void>): Promise<void> {
  const child = place.start(['build', '--watch', '--progress=plain', ...args, place.at('c')]);
  const ended = outcomeOf(child);
  try {
    await work(new Listener(child));
  } finally {
    child.kill('SIGINT');
  }
  assert.is((await ended).code, 130);
}

for (const [how, args, ready] of [
  ['by events', [], /watching \d+ director(y|ies)\n/],
  ['by looking', ['--poll'], /looking for changes every second\n/],
] as const) {
  test(`builds again where the image would be another one, ${how}`, async ({ place }) => {
    place.write('c/Dockerfile', 'FROM busybox\nCOPY src /src\nRUN cat /src/a\n');
    place.write('c/.dockerignore', '**/*.log\n');
    place.write('c/src/a', 'first\n');
    await watching(place, [...args], async (heard) => {
      await heard.hear(ready);
      place.write('c/src/b.log', 'ignored');
      place.write('c/other', 'used by nothing');
      place.write('c/src/new/deep', 'x');
      const said = await heard.hear(ready);
      assert.match(said, /^changed: /);
      assert.is(said.match(/changed: /g)?.length, 1);
      place.write('c/src/a.tmp', 'second\n');
      renameSync(place.at('c/src/a.tmp'), place.at('c/src/a'));
      assert.match(await heard.hear(ready), 'second');
      place.write('c/src/new/deep', 'y');
      await heard.hear(ready);
      place.write('c/Dockerfile', 'FORM busybox\n');
      assert.match(await heard.hear(ready), /ERROR: .*FORM/);
      place.write('c/Dockerfile', 'FROM busybox\nRUN echo began; sleep 600\n');
      await heard.hear(/\d began\n/);
      place.write('c/Dockerfile', 'FROM busybox\nCOPY src /src\n');
      const cancelled = await heard.hear(ready);
      assert.match(cancelled, 'cancelled');
      place.write('c/.dockerignore', 'src/new\n');
      await heard.hear(ready);
    });
  });
}

test('--run runs the image, and the next one in its place', async ({ place }) => {
  const file = (word: string) =>
    `FROM busybox\nCMD ["sh", "-c", "trap 'echo bye ${word}; exit' TERM; echo $GREETING ${word}; while :; do sleep 0.1; done"]\n`;
  place.write('c/Dockerfile', file('one'));
  await watching(place, ['-q', '--run', '--run-arg=-e', '--run-arg=GREETING=hello'], async (heard) => {
    await heard.hear(/hello one\n/);
    place.write('c/Dockerfile', file('two'));
    assert.match(await heard.hear(/hello two\n/), 'bye one\n');
  });
  assert.is(await place.ok(['ps', '-aq']), '');
});

test('rawjson tells programs of each round: what has changed, and what became of it', async ({ place }) => {
  place.write('c/Dockerfile', 'FROM busybox\nCOPY src /src\nCMD ["echo", "of the container"]\n');
  place.write('c/src/a', 'first\n');
  const child = place.start(['build', '--watch', '--run', '--progress=rawjson', place.at('c')]);
  const ended = outcomeOf(child);
  const heard = new Listener(child);
  const waits = /"event":"waiting".*\n/;
  try {
    await heard.hear(waits);
    place.write('c/src/a', 'second\n');
    await heard.hear(waits);
    place.write('c/Dockerfile', 'FROM busybox\nCOPY sr /src\n');
    await heard.hear(waits);
  } finally {
    child.kill('SIGINT');
  }
  const { stderr, stdout } = await ended;
  assert.match(stdout, 'of the container\n');
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const rounds = lines.flatMap(({ watch }) => (/started|completed/.test(watch?.event) ? [watch] : []));
  const told = rounds.map(({ event, round, changed, outcome, image, error }) => [
    round,
    event,
    ...(event === 'started' ? changed : [outcome, /^sha256:/.test(image), error?.line]),
  ]);
  assert.equal(told.slice(0, 6), [
    [1, 'started'],
    [1, 'completed', 'done', true, undefined],
    [2, 'started', 'c/src/a'],
    [2, 'completed', 'done', true, undefined],
    [3, 'started', 'c/Dockerfile'],
    [3, 'completed', 'failed', false, 2],
  ]);
});

test('what cannot be watched is refused', async ({ place }) => {
  for (const args of [
    ['--watch', '-'],
    ['--watch', '-f', '-', '.'],
    ['--run', '.'],
    ['--watch', '-o', 'type=tar,dest=-', '.'],
  ]) {
    const { code, stderr } = await place.run(['build', ...args], { stdin: '' });
    assert.is(code, 2, `${args.join(' ')}: ${stderr}`);
  }
});

test.run();
