import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../src/store/open.ts';
import { outcomeOf, Workplace } from '../support/workplace.ts';

const test = suite('naming an image while a prune is running');

/** Longer than the command takes to come to the lock. */
const WHILE_MS = 1000;

test('waits for the prune, which may be about to delete what has no name', async () => {
  const place = new Workplace();
  try {
    const id = await place.build('FROM scratch\nLABEL a=1\n');
    const store = await openStore(place.root);
    const prune = await store.sessions.exclusive({ wait: false });
    const tagging = outcomeOf(place.start(['tag', id, 'named']));
    assert.is(await Promise.race([tagging, sleep(WHILE_MS, 'waiting')]), 'waiting');
    await store.images.remove(store.images.list()[0]?.descriptor.digest ?? 'sha256:');
    prune?.release();
    const { code, stderr } = await tagging;
    assert.is(code, 1);
    assert.match(stderr, 'no image');
    assert.equal(store.images.list(), []);
  } finally {
    place.remove();
  }
});

test.run();
