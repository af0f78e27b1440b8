// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { parseIgnoreFile } from '../../src/base/ignore.ts';
import { planChecked } from '../../src/frontend/lint/checked-plan.ts';
import { parseBuildFile } from '../../src/frontend/parse.ts';
import { imageOf } from './planned.ts';

const test = suite('the checks during a build');

const AMD64 = { os: 'linux', architecture: 'amd64' };

interface BuildTest {
  target?: string;
  buildArgs?: Record<string, string>;
}

/** `rule line`, or the message of what is no check; `error: message` where planning fails. */
async function warned(text: string, { target, buildArgs = {} }: BuildTest = {}): Promise<string[]> {
  const shown: string[] = [];
  const options = {
    target,
    buildArgs,
    labels: {},
    buildPlatform: AMD64,
    targetPlatform: AMD64,
    scope: 'context',
    noCache: false,
  };
  try {
    await planChecked(parseBuildFile({ name: 'Dockerfile', text }), {
      ...options,
      ignore: parseIgnoreFile(''),
      warn: ({ rule, message, location }) => {
        shown.push(rule === undefined ? message : `${rule} ${location?.start.line}`);
      },
      resolveImage: async ({ name }) => {
        if (name === 'gone') throw new TsbuildError('NOT_FOUND', 'image gone not found');
        return imageOf(name, {});
      },
    });
  } catch (error) {
    shown.push(`error: ${(error as Error).message}`);
  }
  return shown;
}

const TABLE: [title: string, text: string, options: BuildTest, expected: string[]][] = [
  [
    'only what is converted is checked',
    'FROM a AS one\nCMD x\nFROM a AS two\nCMD y\n',
    { target: 'one' },
    ['JSONArgsRecommended 2'],
  ],
  [
    'what concerns the file as a whole is checked in all of it',
    'FROM a AS one\nRUN x\nFROM a AS Two\nCMD y\n',
    { target: 'one' },
    ['StageNameCasing 3'],
  ],
  [
    'in the order of the file, whatever the order of the stages',
    'FROM a AS one\nENV x y\nFROM b AS two\nENV x y\nFROM c\nCOPY --from=two / /\nCOPY --from=one / /\nCMD x\n',
    {},
    ['LegacyKeyValueFormat 2', 'LegacyKeyValueFormat 4', 'JSONArgsRecommended 8'],
  ],
  [
    'a build that cannot be planned warns too',
    'FROM a\nCMD x\nUSER ${x:?no}\n',
    {},
    ['JSONArgsRecommended 2', 'error: x: no'],
  ],
  [
    'arguments that nobody declares are told of, check or not',
    '# check=skip=all\nFROM a\nCMD x\n',
    { buildArgs: { nobody: '1' } },
    ['build arguments that no ARG declares: nobody'],
  ],
  [
    'error=true fails, and names the rules',
    '# check=error=true\nFROM a\nCMD x\nENV a b\nENV c d\n',
    {},
    [
      'JSONArgsRecommended 3',
      'LegacyKeyValueFormat 4',
      'LegacyKeyValueFormat 5',
      'error: lint violation found for rules: JSONArgsRecommended, LegacyKeyValueFormat',
    ],
  ],
  ['error=true without a warning fails nothing', '# check=error=true\nFROM a\nCMD ["x"]\n', {}, []],
  ['error=true and a rule left out', '# check=skip=JSONArgsRecommended;error=true\nFROM a\nCMD x\n', {}, []],
  [
    'what cannot be planned is the error',
    '# check=error=true\nFROM a\nCMD x\nFROM gone\n',
    {},
    ['error: image gone not found'],
  ],
  [
    'the build argument replaces the directive',
    '# check=skip=all\nFROM a\nCMD x\nENV a b\n',
    { buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'skip=LegacyKeyValueFormat;error=true' } },
    ['JSONArgsRecommended 3', 'error: lint violation found for rules: JSONArgsRecommended'],
  ],
  [
    'a build argument that makes no sense is an error',
    'FROM a\n',
    { buildArgs: { BUILDKIT_DOCKERFILE_CHECK: 'skip' } },
    ['error: --build-arg BUILDKIT_DOCKERFILE_CHECK: invalid check option "skip": expected key=value'],
  ],
];

for (const [title, text, options, expected] of TABLE) {
  test(title, async () => {
    assert.equal(await warned(text, options), expected);
  });
}

test.run();
