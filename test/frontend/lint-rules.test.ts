// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LintTest, linted } from './linted.ts';

const test = suite('rules of the checks');

/** What a rule finds in a text: `line:column` of each place, the message where it begins with one. Other rules do not count. */
type Case = [text: string, expected: string[], options?: LintTest];

const TABLE: Record<string, Case[]> = {
  StageNameCasing: [
    ['FROM a AS Build\n', ["1:11 Stage name 'Build' should be lowercase"]],
    ['FROM a AS build-2_x.y\n', []],
    ['FROM a\n', []],
    ['FROM a AS b\nFROM b AS C\nFROM a AS D\n', ['2:11', '3:11']],
    ['from a as b\n', []],
  ],
  FromAsCasing: [
    ['FROM a as b\n', ["1:8 'as' and 'FROM' keywords' casing do not match"]],
    ['from a AS b\n', ["1:8 'AS' and 'from' keywords' casing do not match"]],
    ['FROM a aS b\n', ['1:8']],
    ['from a as b\n', []],
    ['From a as b\n', []],
    ['FROM a\n', []],
  ],
  NoEmptyContinuation: [
    ['FROM a\nRUN x \\\n\n  y\n', ['3:1 Empty continuation line']],
    ['FROM a\nRUN x \\\n  \n\t\n  y\n', ['3:1']],
    ['FROM a\nRUN x \\\n# not blank\n  y\n', []],
    ['FROM a\nRUN <<E\na \\\n\nb\nE\n', []],
    ['# escape=`\nFROM a\nENV a=1 `\n\n  b=2\nRUN x \\\n\nUSER a\n', ['4:1']],
    ['FROM a\n\nRUN x\n', []],
  ],
  ConsistentInstructionCasing: [
    ['FROM a\nRun x\nUSER b\n', ["2:1 Command 'Run' should match the case of the command majority (uppercase)"]],
    ['from a\nrun x\nUSER b\n', ["3:1 Command 'USER' should match the case of the command majority (lowercase)"]],
    ['from a\nUSER b\n', ['1:1']],
    ['arg a=1\narg b=2\nFROM a\nUSER b\n', []],
    ['FROM a\nonbuild run x\n', ['2:1']],
    ['FROM a\nONBUILD run x\n', []],
    ['From a\nUser b\n', ['1:1', '2:1']],
  ],
  DuplicateStageName: [
    ['FROM a AS x\nFROM b AS x\n', ['2:11 Duplicate stage name "x", stage names should be unique']],
    ['FROM a AS x\nFROM b AS X\n', ['2:11 Duplicate stage name "x", stage names should be unique']],
    ['FROM a AS x\nFROM x AS y\n', []],
    ['FROM a\nFROM b\n', []],
    ['FROM a AS x\nFROM b AS x\nFROM c AS x\n', ['2:11', '3:11']],
  ],
  ReservedStageName: [
    ['FROM a AS scratch\n', ['1:11 Stage name should not use the same name as reserved stage "scratch"']],
    ['FROM a AS Context\n', ['1:11']],
    ['FROM scratch\n', []],
    ['FROM a AS context2\n', []],
  ],
  JSONArgsRecommended: [
    [
      'FROM a\nCMD run me\n',
      ['2:1 JSON arguments recommended for CMD to prevent unintended behavior related to OS signals'],
    ],
    [
      'FROM a\nentrypoint run\n',
      ['2:1 JSON arguments recommended for entrypoint to prevent unintended behavior related to OS signals'],
    ],
    ['FROM a\nCMD ["run"]\nENTRYPOINT []\n', []],
    ['FROM a\nSHELL ["/bin/bash", "-c"]\nCMD run\n', []],
    ['FROM a AS x\nSHELL ["/bin/bash", "-c"]\nFROM x\nCMD run\n', []],
    ['FROM a\nCMD run\n', [], { images: { a: { Shell: ['/bin/bash', '-c'] } } }],
    ["FROM a\nCMD ['run']\n", ['2:1']],
    ['FROM a\nHEALTHCHECK CMD run\nRUN x\n', []],
    ['FROM a\nONBUILD CMD run\n', []],
  ],
  MaintainerDeprecated: [
    ['FROM a\nMAINTAINER me\n', ['2:1 Maintainer instruction is deprecated in favor of using label']],
    ['FROM a\nmaintainer me\n', ['2:1']],
    ['FROM a\nLABEL maintainer=me\n', []],
    ['FROM a\n# MAINTAINER me\nRUN MAINTAINER\n', []],
  ],
  UndefinedArgInFrom: [
    ['FROM a$x\n', ["1:6 FROM argument 'x' is not declared"]],
    ['ARG RELEASE=1\nFROM a:1$RELEASES\n', ["2:6 FROM argument 'RELEASES' is not declared (did you mean RELEASE?)"]],
    [
      'FROM --platform=${BULIDPLATFORM} a\n',
      ["1:17 FROM argument 'BULIDPLATFORM' is not declared (did you mean BUILDPLATFORM?)"],
    ],
    ['ARG x\nFROM a$x\n', []],
    ['FROM --platform=$BUILDPLATFORM a:$TARGETARCH\n', []],
    ['FROM a:${x:-1}\n', []],
    ['FROM a\nARG x=1\nFROM a$x\n', ['3:6']],
    ['FROM a$x\n', ['1:6'], { buildArgs: { x: '1' } }],
  ],
  WorkdirRelativePath: [
    ['FROM a\nWORKDIR app\n', ['2:9 Relative workdir "app" can have unexpected results if the base image changes']],
    ['FROM a\nWORKDIR /app\nWORKDIR src\n', []],
    ['FROM a\nWORKDIR app\nWORKDIR src\n', ['2:9']],
    ['FROM a AS x\nWORKDIR /app\nFROM x\nWORKDIR src\n', []],
    ['FROM a AS x\nWORKDIR /app\nFROM a\nCOPY --from=x / /\nWORKDIR src\n', ['5:9']],
    ['FROM a\nENV d=/app\nWORKDIR $d/src\n', []],
    ['# escape=`\nFROM a\nWORKDIR C:\\src\nWORKDIR x\n', []],
    ['FROM a\nWORKDIR app\n', ['2:9'], { images: { a: { WorkingDir: '/base' } } }],
  ],
  UndefinedVar: [
    ['FROM a\nCOPY $foo /\n', ["2:6 Usage of undefined variable '$foo'"]],
    ['FROM a\nENV PATH=$PAHT:/x\n', ["2:10 Usage of undefined variable '$PAHT' (did you mean $PATH?)"]],
    ['ARG foo=1\nFROM a\nLABEL v=$foo\n', ["3:9 Usage of undefined variable '$foo'"]],
    ['FROM a\nARG foo\nCOPY x$foo /\n', []],
    ['FROM a\nENV v=${x:-1} w=${y-} z=${q:+1}\n', []],
    ['FROM a\nENV v="\\$x" w=\'$y\'\n', []],
    ['FROM a\nRUN echo $foo\nCMD echo $foo\n', []],
    ['FROM a\nUSER $NAME\n', [], { images: { a: { Env: ['NAME=x'] } } }],
    ['FROM gone\nUSER $NAME\n', []],
    ['FROM gone AS x\nFROM x\nUSER $NAME\n', []],
    ['FROM a AS x\nARG v=1\nFROM x\nUSER $v\n', []],
    ['FROM a\nCOPY <<E /x\n$foo\nE\n', ['2:6']],
    ['FROM a\nCOPY <<"E" /x\n$foo\nE\n', []],
    ['FROM a\nEXPOSE $p\n', ['2:8']],
    ['FROM a\nRUN --mount=type=cache,target=/x/$d true\n', ['2:13']],
    ['FROM a\nENV d=1\nRUN --mount=type=cache,target=/x/$d true\n', []],
    ['FROM a\nENV a=1 b=$a\n', ['2:11']],
    ['FROM a\nCOPY --chown=$u a b /\n', ['2:14']],
    ['FROM a\nLABEL v=$TARGETARCH\n', ["2:9 Usage of undefined variable '$TARGETARCH'"]],
  ],
  MultipleInstructionsDisallowed: [
    [
      'FROM a\nCMD ["x"]\nCMD ["y"]\n',
      ['2:1 Multiple CMD instructions should not be used in the same stage because only the last one will be used'],
    ],
    ['FROM a\nENTRYPOINT ["x"]\nCMD ["y"]\nHEALTHCHECK NONE\n', []],
    ['FROM a AS x\nCMD ["x"]\nFROM x\nCMD ["y"]\n', []],
    ['FROM a\nHEALTHCHECK NONE\nHEALTHCHECK CMD x\nHEALTHCHECK CMD y\n', ['2:1', '3:1']],
    ['FROM a\nUSER a\nUSER b\nSHELL ["a"]\nSHELL ["b"]\n', []],
  ],
  LegacyKeyValueFormat: [
    ['FROM a\nENV k v\n', ['2:1 "ENV key=value" should be used instead of legacy "ENV key value" format']],
    ['FROM a\nlabel k v\n', ['2:1 "label key=value" should be used instead of legacy "label key value" format']],
    ['FROM a\nENV k=v w="a b"\n', []],
    ['FROM a\nENV ONE TWO= THREE=world\n', ['2:1']],
    ['FROM a\nENV k \\\n  v\n', ['2:1']],
  ],
  InvalidBaseImagePlatform: [
    [
      'FROM arm64v8/a\n',
      ['1:6 Base image arm64v8/a was pulled with platform "linux/arm64", expected "linux/amd64" for current build'],
    ],
    ['FROM --platform=linux/arm64 arm64v8/a AS arm64\n', []],
    ['FROM a\n', []],
    ['ARG b=arm64v8/a\nFROM $b AS x\nFROM x\n', ['2:6']],
    ['FROM scratch\n', []],
  ],
  RedundantTargetPlatform: [
    [
      'FROM --platform=$TARGETPLATFORM a\n',
      ['1:17 Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior'],
    ],
    ['FROM --platform=${TARGETPLATFORM} a\n', ['1:17']],
    ['FROM --platform=${TARGETPLATFORM:-linux/arm64} a\n', ['1:17']],
    ['FROM --platform=$BUILDPLATFORM a\n', []],
    ['FROM --platform=$TARGETOS/$TARGETARCH a\n', []],
    ['ARG p=$TARGETPLATFORM\nFROM --platform=$p a\n', []],
  ],
  SecretsUsedInArgOrEnv: [
    ['FROM a\nARG API_KEY\n', ['2:5 Do not use ARG or ENV instructions for sensitive data (ARG "API_KEY")']],
    [
      'FROM a\nENV X=1 github_token=1\n',
      ['2:9 Do not use ARG or ENV instructions for sensitive data (ENV "github_token")'],
    ],
    ['FROM a\nENV auth=1 DATABASE_PASSWORD=2 secret_msg=3\n', ['2:5', '2:12', '2:32']],
    ['FROM a\nENV KEYBOARD=1 MONKEY=1 tokenizer=1 SECRETS_DIR=1 AUTHOR=1\n', []],
    ['FROM a\nARG SSH_PUBLIC_KEY\nENV TOKEN_FILE=/x KEY_VERSION=1\n', []],
    ['ARG API_KEY\nFROM a\nLABEL key=1\n', []],
    ['FROM a\nENV APP_\\\nTOKEN=1\n', ['2:5']],
  ],
  InvalidDefaultArgInFrom: [
    ['ARG t\nFROM a:$t\n', ['2:6 Default value for ARG a:$t results in empty or invalid base image name']],
    ['ARG i\nFROM $i\n', ['2:6'], { buildArgs: { i: 'a' } }],
    ['ARG t=1\nFROM a:$t\n', []],
    ['ARG t\nFROM a:${t:-1}\n', []],
    ['ARG t\nFROM a$t\n', []],
    ['ARG u=UPPER\nFROM $u\n', ['2:6']],
    ['FROM a:$TARGETARCH\n', []],
    ['FROM a AS x-amd64\nFROM x-$TARGETARCH\n', []],
  ],
  FromPlatformFlagConstDisallowed: [
    ['FROM --platform=linux/amd64 a\n', ['1:17 FROM --platform flag should not use constant value "linux/amd64"']],
    ['FROM --platform=arm64 a AS base\n', ['1:17']],
    ['FROM --platform=linux/amd64 a AS build-amd64\n', []],
    ['FROM --platform=linux/amd64 a AS Build_Linux\n', []],
    ['FROM --platform=linux/$TARGETARCH a\n', []],
    ['ARG p=linux/amd64\nFROM --platform=$p a\n', []],
    ['FROM --platform=linux/x86_64 a AS build-amd64\n', []],
  ],
  CopyIgnoredFile: [
    [
      'FROM a\nCOPY x/y /\n',
      ['2:6 Attempting to Copy file "x/y" that is excluded by .dockerignore'],
      { ignore: 'x\n' },
    ],
    ['FROM a\nADD ./x /\n', ['2:5 Attempting to Add file "x" that is excluded by .dockerignore'], { ignore: 'x\n' }],
    ['FROM a\nCOPY x y z /\n', ['2:6', '2:10'], { ignore: 'x\nz\n' }],
    ['FROM a\nCOPY x/y /\n', [], { ignore: 'x\n!x/y\n' }],
    ['FROM a\nCOPY --from=b x /\nADD https://h/x /\n', [], { ignore: 'x\n*\n' }],
    ['FROM a\nCOPY . /\n', [], { ignore: 'x\n.git\n' }],
    ['FROM a\nCOPY . /\n', ['2:6'], { ignore: '**\n' }],
    ['FROM a\nENV f=x\nCOPY $f/ ../x /\n', ['3:6', '3:10'], { ignore: '/x/\n' }],
    ['FROM a\nCOPY <<x /\nE\nx\n', [], { ignore: 'x\n' }],
  ],
  InvalidDefinitionDescription: [
    ['# bar is it\nARG foo=1\nFROM a\n', []],
    [
      '# check=experimental=all\n# bar is it\nARG foo=1\nFROM a\n',
      ['2:1 Comment for ARG should follow the format: `# foo <description>`'],
    ],
    ['# check=experimental=all\n# foo is it\nARG foo=1\nFROM a\n# note\n\nRUN x\n', []],
    [
      '# check=experimental=InvalidDefinitionDescription\nARG a\nFROM a\n# x\nARG a=1 b=2\n',
      ['4:1 Comment for ARG should follow the format: `# <arg_key> <description>`'],
    ],
    ['# check=experimental=all\nFROM a\n# b is second\nARG a=1 b=2\n', []],
    ['# check=experimental=all\nARG x\n# the stage\nFROM a AS base\n', ['3:1']],
    ['# check=experimental=all\nARG x\n# no name\nFROM a\n# a comment\nRUN x\n', []],
    ['# check=experimental=all\nARG x\n# base of all\n# check=skip=StageNameCasing\nFROM a AS Base\n', []],
  ],
  ExposeProtoCasing: [
    ['FROM a\nEXPOSE 80/TCP\n', ["2:8 Defined protocol '80/TCP' in EXPOSE instruction should be lowercase"]],
    ['FROM a\nEXPOSE 80 81/udp 82/Udp\n', ['2:18']],
    [
      'FROM a\nENV p="80/tcp 90/UDP"\nEXPOSE $p\n',
      ["3:8 Defined protocol '90/UDP' in EXPOSE instruction should be lowercase"],
    ],
    ['FROM a\nEXPOSE 80/sctp 8000-8010\n', []],
  ],
  ExposeInvalidFormat: [
    [
      'FROM a\nEXPOSE 127.0.0.1:80:80\n',
      ["2:8 EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'"],
    ],
    ['FROM a\nEXPOSE 5000:5000/tcp 80\n', ['2:8']],
    ['FROM a\nEXPOSE [::1]:8080:80\n', ['2:8']],
    ['FROM a\nEXPOSE 80 8000-8010/udp\n', []],
  ],
};

for (const [rule, cases] of Object.entries(TABLE)) {
  for (const [text, expected, options] of cases) {
    test(`${rule}: ${JSON.stringify(text)} ${options === undefined ? '' : JSON.stringify(options)}`, async () => {
      const { findings } = await linted(text, options);
      const found = findings.filter((finding) => finding.rule === rule);
      const shown = found.map(({ location: { start }, message }, index) => {
        const place = `${start.line}:${start.column}`;
        return expected[index]?.includes(' ') ? `${place} ${message}` : place;
      });
      assert.equal(shown, expected);
    });
  }
}

const SKIPS: [text: string, expected: string[]][] = [
  ['# check=skip=all\nFROM a as B\nCMD x\n', []],
  ['# check=skip=JSONArgsRecommended, StageNameCasing\nFROM a as B\nCMD x\n', ['FromAsCasing']],
  ['FROM a\n# check=skip=JSONArgsRecommended\nCMD x\n', []],
  ['FROM a\n# check=skip=JSONArgsRecommended\n# why\nCMD x\n', []],
  ['FROM a\n# check=skip=JSONArgsRecommended\n\nCMD x\n', ['JSONArgsRecommended']],
  ['FROM a\n# check=skip=JSONArgsRecommended\nENV k v\nCMD x\n', ['LegacyKeyValueFormat', 'JSONArgsRecommended']],
  ['FROM a\n# check=skip=all\nENV KEY v\n', []],
  ['ARG x\n# check=skip=StageNameCasing\nFROM a as B\n', ['FromAsCasing']],
  ['FROM a\n# check=skip=MultipleInstructionsDisallowed\nCMD ["x"]\nCMD ["y"]\n', []],
  ['FROM a\nCMD ["x"]\n# check=skip=MultipleInstructionsDisallowed\nCMD ["y"]\n', []],
  [
    '# check=skip=all;experimental=InvalidDefinitionDescription\n# x\nARG a\nFROM b\nCMD x\n',
    ['InvalidDefinitionDescription'],
  ],
  ['# check=skip=InvalidDefinitionDescription;experimental=all\n# x\nARG a\nFROM b\n', []],
];

for (const [text, expected] of SKIPS) {
  test(`left out: ${JSON.stringify(text)}`, async () => {
    const { findings } = await linted(text);
    assert.equal(
      findings.map(({ rule }) => rule),
      expected,
    );
  });
}

test('what a trigger of the base image does is shown at the FROM that fires it', async () => {
  const { findings } = await linted('FROM b\nFROM a\nUSER x\n', { images: { a: { OnBuild: ['COPY $x /'] } } });
  assert.equal(
    findings.map(({ rule, location }) => [rule, location.start.line]),
    [['UndefinedVar', 2]],
  );
});

test('checking goes on behind what cannot be built, and reports all of it', async () => {
  const { findings, errors } = await linted('FROM gone\nCMD x\nUSER ${a:?no}\nFROM a\nSTOPSIGNAL none\nENV k v\n');
  assert.equal(
    findings.map(({ rule }) => rule),
    ['JSONArgsRecommended', 'LegacyKeyValueFormat'],
  );
  assert.equal(errors, ['image gone not found', 'a: no', 'STOPSIGNAL none is not a signal']);
});

test('a target is checked with what it needs alone', async () => {
  const text = 'FROM a AS one\nCMD x\nFROM a AS two\nCMD y\nFROM two AS three\nCMD ["z"]\n';
  const { findings } = await linted(text, { target: 'three' });
  assert.equal(
    findings.map(({ location }) => location.start.line),
    [4],
  );
});

test.run();
