import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyFixture, EVERYBODY, takeBases, withPlace } from './place.ts';
import { assertSays } from './says.ts';

const oneId = suite('a user without a range of ids');

oneId('builds and runs as root of a single id, and hears what that costs', async () => {
  if (!EVERYBODY.includes('user with one id')) return;
  await withPlace('user with one id', async (place) => {
    await takeBases(place, 'busybox');
    const hello = copyFixture(place, 'hello');
    const built = await place.run(['build', '--progress=plain', '-t', 'hello', hello]);
    assert.is(built.code, 0, built.stderr);
    assertSays(built.stderr, ['1 warning found', 'maps a single id', 'Install the package uidmap']);

    const asNobody = await place.run(['run', '--rm', 'hello', '7919']);
    assert.is(asNobody.code, 0, asNobody.stderr);
    assert.match(asNobody.stdout, /I am root[\s\S]*7919 is a prime/);
    assertSays(asNobody.stderr, ["programs of other users become root's", 'Install the package uidmap']);

    place.write(
      'other/Dockerfile',
      'FROM local/busybox\nRUN chown www-data /tmp && su -s /bin/sh www-data -c id && false\n',
    );
    const failed = await place.run(['build', '--progress=plain', place.at('other')]);
    assert.is(failed.code, 1, failed.stderr);
    assertSays(failed.stderr, [
      'Dockerfile:2\n',
      'exit code: 1',
      'hint: this user namespace maps a single id',
      'uidmap',
    ]);
  });
});

oneId.run();
