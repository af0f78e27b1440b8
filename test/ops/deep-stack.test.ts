import { existsSync, readdirSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { storeFaults } from '../support/store-faults.ts';
import { Workplace } from '../support/workplace.ts';

await becomeRoot();

const test = suite('a stack of more layers than an overlay takes');

/** Just so many that the steps behind them are on both sides of 512 layers, where some are merged anew. */
const LAYERS = 505;
const STEPS = 10;

const DIRECTORIES = Array.from({ length: LAYERS }, (_, index) => `WORKDIR /d/${index}\n`).join('');
/** Each sees what the one before has written, replaces it, and takes a directory of a layer far below away. */
const RUNS = Array.from(
  { length: STEPS },
  (_, step) => `RUN [ "$(cat /log)" = ${step} ] && rm /log && echo ${step + 1} > /log && rmdir /d/${step}\n`,
).join('');

/** What there is in the end. */
const SHOW = 'cat /log; ls /d | wc -l';
const SHOWN = `${STEPS}\n${LAYERS - STEPS}`;

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
  await place.build(`FROM busybox\n${DIRECTORIES}WORKDIR /\nRUN echo 0 > /log\n${RUNS}`, ['-t', 'deep']);
});

test.after(() => place.remove());

/** The directories of the store that layers have been merged into. */
function merged(): string[] {
  const layers = place.at('store/v1/s');
  return readdirSync(layers).flatMap((id) => {
    const names = readdirSync(`${layers}/${id}`).filter((name) => /^m\d/.test(name));
    return names.map((name) => `${layers}/${id}/${name}`);
  });
}

test('steps see what the steps before them have made and deleted, and so do the image and other stages', async () => {
  assert.is(merged().length, (512 - 128) / 32);
  const tar = 'tar -xOf /out.tar log; tar -tf /out.tar | grep -c ^d/.';
  await place.ok(['build', '-f', '-', '-o', 'type=tar,dest=out.tar', '.'], { stdin: 'FROM deep\n' });
  const show = `FROM busybox
COPY --from=deep /log /d /copied/
RUN cat /copied/log; ls /copied | grep -vc log
RUN --mount=type=bind,from=deep,target=/deep cat /deep/log; ls /deep/d | wc -l
RUN --mount=type=bind,target=/out.tar,source=out.tar ${tar}
`;
  const { stderr } = await place.run(['build', '--progress', 'plain', '-f', '-', '.'], { stdin: show });
  const said = stderr.split('\n').flatMap((line) => line.match(/^#\d+ \d+\.\d+ (\d+)$/)?.[1] ?? []);
  assert.equal(said, [SHOWN, SHOWN, SHOWN].join('\n').split('\n'), stderr);
});

test('containers run on it, also where what was merged has gone meanwhile', async () => {
  assert.is(await place.ok(['run', '--name', 'on-it', 'deep', 'sh', '-c', SHOW]), SHOWN);
  for (const path of merged()) rmSync(path, { recursive: true });
  assert.is(await place.ok(['start', '--attach', 'on-it']), SHOWN);
  assert.is.not(merged().length, 0);
  await place.ok(['rm', 'on-it']);
});

test('what was merged is pruned with its layers', async () => {
  await place.ok(['rmi', 'deep']);
  await place.ok(['prune', '--all']);
  assert.equal(merged(), []);
  assert.equal(storeFaults(place.root), []);
  assert.ok(existsSync(place.at('store/v1')));
});

test.run();
