import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { TestBuilder } from './builder.ts';
import { BASE, OTHER, ROWS } from './copy-rows.ts';

await becomeRoot();

const test = suite('COPY and ADD of local files');

const DOCKERFILE = `FROM scratch AS stage
WORKDIR /elsewhere
COPY --from=other /src/d/deep /unused
COPY <<EOF /sub/x
from-root
EOF
FROM base
`;

for (const { trap, files, lines, gives } of ROWS) {
  test(trap, () =>
    TestBuilder.with(async (builder) => {
      await builder.addImage('base', [BASE]);
      await builder.addImage('other', [OTHER]);
      if (files !== undefined) builder.shell(files);
      const dockerfile = `${DOCKERFILE}${lines}\n`;
      if (gives instanceof RegExp) assert.match(await builder.failure(dockerfile), gives);
      else {
        const before = new Set((await builder.build('FROM base')).lines);
        const after = (await builder.build(dockerfile)).lines;
        assert.equal(
          after.filter((line) => !before.has(line)).map((line) => line.replace('from-root\\n', 'from-root')),
          gives,
        );
      }
    }),
  );
}

test('a step that fails points at its line', () =>
  TestBuilder.with(async (builder) => {
    try {
      await builder.build('FROM scratch\n\nCOPY nothing /n\n');
      assert.unreachable();
    } catch (error) {
      assert.is((error as { location?: { start: { line: number } } }).location?.start.line, 3);
    }
  }));

test.run();
