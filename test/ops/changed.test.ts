import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTar } from '../support/image.ts';
import { TestBuilder } from './builder.ts';

const test = suite('files that change between their digest and their copy');

const archive = (content: string) => makeTar([{ path: 'f', content }]);

const ROWS: readonly [name: string, instruction: string, before: Buffer, after: Buffer][] = [
  ['COPY of a file', 'COPY file /f', Buffer.from('one'), Buffer.from('two')],
  ['ADD of an archive', 'ADD file /d/', archive('one'), archive('two')],
];

for (const [name, instruction, before, after] of ROWS) {
  test(`${name} whose size and time stay the same is refused, and not cached under the old digest`, () =>
    TestBuilder.with(async (builder) => {
      const path = join(builder.context, 'file');
      writeFileSync(path, before);
      const { atime, mtime } = statSync(path);
      const message = await builder.failure(`FROM scratch\n${instruction}\n`, {
        emit: (event) => {
          if (event.type !== 'vertex' || !event.name.includes(instruction)) return;
          writeFileSync(path, after);
          utimesSync(path, atime, mtime);
        },
      });
      assert.is(message, 'CHANGED: file changed while it was being copied');
      writeFileSync(path, before);
      assert.match((await builder.build(`FROM scratch\n${instruction}\n`)).lines.join('\n'), '"one"');
    }));
}

test.run();
