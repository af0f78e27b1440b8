import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('a store that lies in the context');

test('is no part of it, whatever the ignore file says, and the second build is cached', async () => {
  const place = new Workplace();
  try {
    place.write('app/Dockerfile', 'FROM scratch\nCOPY . /\n');
    place.write('app/.dockerignore', '*\n!*.txt\n!.*\n');
    place.write('app/a.txt', 'a');
    const env = { TSBUILD_ROOT: place.at('app/.[s]tore!') };
    const build = () => place.run(['build', '--progress=plain', '-o', 'out', 'app'], { env });
    const first = await build();
    assert.is(first.code, 0, first.stderr);
    assert.equal(readdirSync(place.at('out')), ['.dockerignore', 'a.txt']);
    const second = await build();
    assert.match(second.stderr, /CACHED/);
  } finally {
    place.remove();
  }
});

test.run();
