import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('traps that a build warns of');

let place: Workplace;

test.before(() => {
  place = new Workplace();
  place.write('a', '1');
});

test.after(() => place.remove());

/** The list of warnings at the end of a build that succeeds, one line for each; the lines of the file are left out. */
async function warnings(lines: readonly string[], ...args: string[]): Promise<string[]> {
  const file = place.write('file', `${lines.join('\n')}\n`);
  const { code, stderr } = await place.run(['--progress=plain', '-f', file, ...args, place.directory]);
  assert.is(code, 0, stderr);
  return stderr.split('\n').flatMap((line) => (line.startsWith(' - ') ? [line.slice(3)] : []));
}

const TABLE: [title: string, lines: string[], args: string[], expected: string[]][] = [
  [
    'trap 2: blank lines inside a continuation warn, comments do not',
    ['FROM scratch', 'COPY a \\', '', '  /b', 'COPY a \\', '# a comment', '  /c'],
    [],
    ['NoEmptyContinuation: Empty continuation line (file:3)'],
  ],
  [
    'trap 7: an unset variable expands to nothing, and warns',
    ['FROM scratch', 'COPY a /$nothing', 'LABEL l=$label'],
    [],
    [
      "UndefinedVar: Usage of undefined variable '$nothing' (file:2)",
      "UndefinedVar: Usage of undefined variable '$label' (file:3)",
    ],
  ],
  [
    'trap 11: a global ARG that its stage does not declare warns',
    ['ARG x=1', 'FROM scratch', 'COPY a /', 'LABEL x=$x'],
    [],
    ["UndefinedVar: Usage of undefined variable '$x' (file:4)"],
  ],
  [
    'trap 12: --build-arg of an automatic argument does not warn, declared or not',
    ['FROM scratch', 'ARG TARGETARCH=x', 'COPY a /'],
    ['--build-arg', 'TARGETARCH=y', '--build-arg', 'TARGETOS=z'],
    [],
  ],
  [
    'trap 14: proxy arguments are used without being declared, any other one warns',
    ['FROM scratch', 'COPY a /'],
    ['--build-arg', 'http_proxy=x', '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '--build-arg', 'constructor=1'],
    ['build arguments that no ARG declares: constructor'],
  ],
  [
    'trap 17: CMD and ENTRYPOINT count once in a stage',
    ['FROM scratch', 'COPY a /', 'CMD ["x"]', 'CMD ["y"]'],
    [],
    [
      'MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used (file:3)',
    ],
  ],
  [
    'trap 21: a stage that nobody needs is not checked either',
    ['FROM localhost:1/gone AS unused', 'CMD x', 'FROM scratch', 'COPY a /'],
    [],
    [],
  ],
  [
    'trap 53: a relative WORKDIR with nothing to be relative to warns',
    ['FROM scratch', 'WORKDIR a', 'WORKDIR b'],
    [],
    ['WorkdirRelativePath: Relative workdir "a" can have unexpected results if the base image changes (file:2)'],
  ],
  [
    'trap 55: EXPOSE in upper case is lowered, and warns',
    ['FROM scratch', 'COPY a /', 'EXPOSE 8000-8002/UDP'],
    [],
    ["ExposeProtoCasing: Defined protocol '8000-8002/UDP' in EXPOSE instruction should be lowercase (file:3)"],
  ],
];

for (const [title, lines, args, expected] of TABLE) {
  test(title, async () => assert.equal(await warnings(lines, ...args), expected));
}

test.run();
