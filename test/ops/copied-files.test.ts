import { chmodSync, linkSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeXattrs } from '../../runner/syscall/index.ts';
import { Workplace } from '../support/workplace.ts';

/** Enough to be remembered. */
const FILES = 80;
const DOCKERFILE = 'FROM busybox\nCOPY --chown=7 . /w/\nRUN echo more >>/w/d/5 && chmod 700 /w/d/6\n';

const test = suite('a COPY that is made again');

let place: Workplace;
let fresh: Workplace;

test.before(async () => {
  [place, fresh] = [await Workplace.withBusybox(), await Workplace.withBusybox()];
  for (let file = 1; file <= FILES; file++) place.write(`context/d/${file}`, `${file}\n`);
  place.write('context/Dockerfile', DOCKERFILE);
});
test.after(() => {
  place.remove();
  fresh.remove();
});

/** The layers without that of the RUN, which holds times of its own. */
async function layersIn(store: Workplace): Promise<readonly string[]> {
  await store.ok(['build', '-q', '-t', 'made', place.at('context')]);
  const [image] = JSON.parse(await store.ok(['inspect', 'made'])) as [{ RootFS: { Layers: string[] } }];
  return image.RootFS.Layers.slice(0, -1);
}

/** How many names each file of that name has in the layers of the store. */
function namesOf(file: string): number[] {
  const snapshots = place.at('store/v1/s');
  return readdirSync(snapshots).flatMap((id) => {
    const stats = statSync(`${snapshots}/${id}/fs/w/d/${file}`, { throwIfNoEntry: false });
    return stats === undefined ? [] : [stats.nlink];
  });
}

test('unchanged files get one more name, and the layers are what a store without them makes', async () => {
  const first = await layersIn(place);
  assert.equal(namesOf('20'), [1]);

  place.write('context/d/1', 'other\n');
  place.write('context/d/new', 'new\n');
  chmodSync(place.at('context/d/2'), 0o600);
  utimesSync(place.at('context/d/3'), 1000, 1000);
  rmSync(place.at('context/d/4'));
  renameSync(place.at('context/d/7'), place.at('context/d/70.old'));
  linkSync(place.at('context/d/8'), place.at('context/d/8.link'));
  await writeXattrs([{ path: place.at('context/d/9'), name: 'user.test', value: Buffer.from('v') }]);
  const again = await layersIn(place);

  assert.not.equal(again, first);
  assert.equal(again, await layersIn(fresh));
  assert.equal(namesOf('20'), [2, 2]);
  for (const changed of ['1', '2', '3']) assert.equal(namesOf(changed), [1, 1], changed);
  assert.equal(namesOf('9'), [1, 1]);
});

test('what was an extended attribute and is none any more is not taken over', async () => {
  await place.ok(['build', '-q', '--no-cache', '-t', 'made', place.at('context')]);
  place.write('context/d/9.new', '9\n');
  const { mtime } = statSync(place.at('context/d/9'));
  rmSync(place.at('context/d/9'));
  renameSync(place.at('context/d/9.new'), place.at('context/d/9'));
  utimesSync(place.at('context/d/9'), mtime, mtime);
  assert.equal(await layersIn(place), await layersIn(fresh));
});

test.run();
