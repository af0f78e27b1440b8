import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../src/store/open.ts';
import { removeTree } from '../../src/store/remove-tree.ts';
import { codeOf, withDirectory, withStore } from './fixture.ts';

const test = suite('SessionStore');

test('a session has a directory while it is open', async () => {
  await withStore(async ({ sessions, layout }) => {
    const session = await sessions.open();
    writeFileSync(join(session.directory, 'file'), '');
    assert.is(sessions.current, session);
    await session.close();
    assert.is(sessions.current, undefined);
    assert.equal(readdirSync(layout.sessions), []);
  });
});

test('sessions do not exclude each other, and each excludes prune', async () => {
  await withStore(async (store) => {
    const other = await openStore(store.layout.root);
    const [first, second] = await Promise.all([store.sessions.open(), other.sessions.open()]);
    const third = await openStore(store.layout.root);
    assert.is(await third.sessions.exclusive({ wait: false }), undefined);
    await first.close();
    assert.is(await third.sessions.exclusive({ wait: false }), undefined);
    const waiting = third.sessions.exclusive({ wait: true });
    await second.close();
    const exclusive = await waiting;
    let opened = false;
    const opening = store.sessions.open().then((session) => {
      opened = true;
      return session;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.not(opened);
    exclusive?.release();
    await (await opening).close();
  });
});

test('prune under a session of the same process would wait for ever', async () => {
  await withStore(async ({ sessions }) => {
    const session = await sessions.open();
    assert.is(await codeOf(() => sessions.exclusive({ wait: true })), 'INTERNAL');
    await session.close();
  });
});

test('the directories of the dead go, those of the living stay', async () => {
  await withStore(async (store) => {
    const living = await store.sessions.open();
    const dead = join(store.layout.sessions, 'dead');
    mkdirSync(join(dead, 'work', 'work'), { recursive: true });
    writeFileSync(`${dead}.lock`, '');
    chmodSync(join(dead, 'work', 'work'), 0);
    mkdirSync(join(store.layout.sessions, 'without-lock'));
    await (await openStore(store.layout.root)).sessions.reapDeadSessions();
    assert.equal(readdirSync(store.layout.sessions).sort(), [living.id, `${living.id}.lock`]);
    await living.close();
  });
});

test('exclusive clears what writers without a session left', async () => {
  await withStore(async ({ sessions, content, layout }) => {
    content.writer().write(Buffer.from('never committed'));
    assert.is(readdirSync(layout.ingest).length, 1);
    (await sessions.exclusive({ wait: false }))?.release();
    assert.not(existsSync(layout.ingest));
    await content.writeBytes('the directory comes back');
  });
});

test('removeTree: names of any bytes, directories that forbid entering, nothing', async () => {
  await withDirectory(async (directory) => {
    const tree = join(directory, 'tree');
    const forbidden = Buffer.from(`${tree}/caf\xe9/in`, 'latin1');
    mkdirSync(forbidden, { recursive: true });
    writeFileSync(Buffer.concat([forbidden, Buffer.from('/f\xff', 'latin1')]), '');
    chmodSync(forbidden, 0);
    if (process.getuid?.() === 0) {
      const { chownSync } = await import('node:fs');
      for (const path of [directory, tree, forbidden.subarray(0, -3), forbidden]) chownSync(path, 12_345, 12_345);
    }
    await removeTree(tree);
    assert.not(existsSync(tree));
    await removeTree(tree);
  });
});

test.run();
