import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry } from '../../fixtures/docker-registry.ts';
import { type RunOptions, Workplace } from '../support/workplace.ts';
import { EVERYBODY, takeBases, withPlace } from './place.ts';
import { sessionsOf, snapshotsOf } from './remains.ts';
import { assertSays } from './says.ts';

const bad = suite('bad surroundings');
const isRoot = process.geteuid?.() === 0;

async function inPlace(work: (place: Workplace) => Promise<void>): Promise<void> {
  const place = new Workplace();
  try {
    await work(place);
  } finally {
    place.remove();
  }
}

async function fails(place: Workplace, args: readonly string[], says: readonly string[], options?: RunOptions) {
  const { code, stderr } = await place.run(args, options);
  assert.is(code, 1, stderr);
  assertSays(stderr, says);
}

bad('no build context', () =>
  inPlace(async (place) => {
    await fails(
      place,
      ['build', 'nowhere'],
      ['ERROR: build context nowhere does not exist', 'hint: give the directory'],
    );
    const file = place.write('file', '');
    await fails(
      place,
      ['build', file],
      [`ERROR: build context ${file} is not a directory`, 'hint: give the directory'],
    );
    assert.not.ok(existsSync(place.root), 'a store was made for nothing');
  }),
);

bad('no build file', () =>
  inPlace(async (place) => {
    mkdirSync(place.at('empty'));
    await fails(
      place,
      ['build', 'empty'],
      ['ERROR: no build file in ', '/empty\n', 'hint: make a file named Dockerfile'],
    );
    await fails(
      place,
      ['build', '-f', 'other', 'empty'],
      ['ERROR: build file ', '/other does not exist', 'hint: -f names'],
    );
    await fails(place, ['build', '-f', 'empty', 'empty'], ['ERROR: build file ', '/empty is a directory']);
  }),
);

bad('an image that the registry does not have, and a push to nobody', () =>
  inPlace(async (place) => {
    const registry = await startRegistry();
    try {
      place.write('Dockerfile', `FROM ${registry.host}/team/none:1\n`);
      const missing = [`Dockerfile:1\n`, `ERROR: `, `${registry.host}/team/none:1`, 'hint: '];
      await fails(place, ['build', place.directory], missing);
    } finally {
      await registry.stop();
    }
    await takeBases(place, 'busybox');
    const pushed = ['push', `${registry.host}/team/x`];
    await place.ok(['tag', 'local/busybox', `${registry.host}/team/x`]);
    await fails(place, pushed, [
      `ERROR: cannot talk to ${registry.host}: connect ECONNREFUSED`,
      'hint: nothing listens',
    ]);
  }),
);

bad('a store of a newer format', () =>
  inPlace(async (place) => {
    mkdirSync(join(place.root, 'v99'), { recursive: true });
    place.write('context/Dockerfile', 'FROM scratch\nCOPY . /\n');
    const says = [`ERROR: ${place.root} belongs to a newer version of tsbuild (format 99)`, 'hint: use that version'];
    for (const args of [['build', place.at('context')], ['images'], ['pull', 'x']]) await fails(place, args, says);
    assert.equal(readdirSync(place.root), ['v99']);
  }),
);

for (const who of EVERYBODY) {
  // Root reads everything.
  if (who === 'root') continue;
  bad(`as ${who}: what may not be read or written`, () =>
    withPlace(who, async (place) => {
      await takeBases(place, 'busybox');
      const context = place.at('context');
      place.write('context/Dockerfile', 'FROM local/busybox\nCOPY . /x/\n');
      place.write('context/locked', 'secret', 0o000);
      const unreadable = ['Dockerfile:2\n', 'ERROR: cannot read locked in the build context', 'hint: make it readable'];
      await fails(place, ['build', context], unreadable);

      writeFileSync(join(context, '.dockerignore'), 'locked\n');
      mkdirSync(join(context, 'closed'), { mode: 0o000 });
      const closed = ['ERROR: cannot read closed in the build context', 'hint: make it readable'];
      await fails(place, ['build', context], closed);

      chmodSync(join(context, 'Dockerfile'), 0o000);
      await fails(place, ['build', context], ['ERROR: cannot open ', 'Dockerfile: permission denied', 'hint: make it']);
      chmodSync(join(context, 'closed'), 0o755);
    }),
  );
}

if (isRoot) {
  bad('the store of another user', () =>
    withPlace('user', async (place) => {
      const others = new Workplace();
      try {
        await takeBases(others, 'busybox');
        chmodSync(others.directory, 0o755);
        place.write('context/Dockerfile', 'FROM local/busybox\nRUN true\n');
        const build = ['build', '--root', others.root, place.at('context')];
        await fails(place, build, ['ERROR: ', others.root, 'hint: choose ', '--root DIR']);
        const nowhere = ['build', '--root', join(others.directory, 'mine'), place.at('context')];
        await fails(place, nowhere, ['ERROR: cannot make ', '/mine: permission denied', 'hint: choose a directory']);
      } finally {
        others.remove();
      }
    }),
  );

  bad('a full disk: each step says so, and the store stays as it was', () =>
    inPlace(async (place) => {
      mkdirSync(place.root);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place.root]);
      try {
        await takeBases(place, 'busybox');
        const context = place.at('context');
        place.write('context/Dockerfile', 'FROM local/busybox\nRUN true\n');
        await place.ok(['build', '-q', context]);
        const [committed, images] = [snapshotsOf(place), await place.ok(['images', '-q'])];

        place.write('context/big', Buffer.alloc(12 << 20, 'x'));
        place.write('context/Dockerfile', 'FROM local/busybox\nCOPY big /\n');
        await fails(
          place,
          ['build', context],
          [
            'Dockerfile:2\n',
            `ERROR: no space left on the device: ${place.root}`,
            'hint: free space with `tsbuild prune`, or choose another disk with --root DIR',
          ],
        );
        place.write('context/Dockerfile', 'FROM local/busybox\nRUN cat /dev/zero > /big\n');
        await fails(
          place,
          ['build', context],
          [
            'No space left on device',
            'Dockerfile:2\n',
            'exit code: 1',
            'hint: the disk of the store is full: free space with `tsbuild prune`',
          ],
        );
        await fails(place, ['import', context, 'big'], ['ERROR: no space left on the device: ', 'hint: free space']);

        assert.equal(sessionsOf(place), []);
        assert.equal(snapshotsOf(place), committed);
        assert.is(await place.ok(['images', '-q']), images);
        place.write('context/Dockerfile', 'FROM local/busybox\nRUN echo small > /small\n');
        await place.ok(['build', '-q', context]);
      } finally {
        execFileSync('umount', [place.root]);
      }
    }),
  );
}

bad.run();
