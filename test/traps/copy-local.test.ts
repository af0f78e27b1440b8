import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { becomeRoot } from '../runner/kit.ts';
import { testTraps, withBuild } from './built.ts';
import { BASE, OTHER, ROWS } from './copy-rows.ts';

await becomeRoot();

const test = suite('COPY of local files');

const BEGIN = `FROM scratch AS stage
WORKDIR /elsewhere
COPY --from=other /src/d/deep /unused
COPY <<EOF /sub/x
from-root
EOF
FROM base
`;

testTraps(
  test,
  { base: BASE, other: OTHER },
  ROWS.map(({ lines, ...row }) => ({ ...row, dockerfile: `${BEGIN}${lines}\n` })),
);

test('a stage from scratch without a step has nothing to copy', () =>
  withBuild({}, async (builder) => {
    const { lines } = await builder.build('FROM scratch AS empty\nENV a=1\nFROM scratch\nCOPY --from=empty / /\n');
    assert.equal(lines, []);
  }));

test('a step that fails points at its line', () =>
  withBuild({}, async (builder) => {
    try {
      await builder.build('FROM scratch\n\nCOPY nothing /n\n');
      assert.unreachable();
    } catch (error) {
      assert.is((error as { location?: { start: { line: number } } }).location?.start.line, 3);
    }
  }));

test.run();
