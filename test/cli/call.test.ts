import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('--check and --call');

let place: Workplace;

test.before(() => {
  place = new Workplace();
  place.write('clean', 'FROM scratch\nCOPY clean /\n');
  place.write('warned', 'FROM scratch as base\nCOPY clean /\nCMD run\nFROM base\nENV k v\n');
  place.write('broken', 'FROM scratch\nCOPZ a /\nENV x\n');
  place.write('gone', 'FROM localhost:1/gone\nCMD run\n');
  place.write('error', '# check=error=true\nFROM scratch\nCOPY clean /\nCMD run\n');
  place.write(
    'outline',
    [
      '# BASE is the image to begin with',
      'ARG BASE=scratch',
      'ARG UNUSED=1',
      '# tools are what the others build with',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of a build file
      'FROM ${BASE} AS tools',
      'RUN --mount=type=secret,id=npm,required=true --mount=type=cache,target=/root/.npm make',
      'FROM scratch AS other',
      'ARG OTHER=1',
      '# app is the program',
      'FROM --platform=$BUILDPLATFORM scratch AS app',
      '# VERSION goes into the name',
      'ARG VERSION=1.0',
      'ARG NAME=app-$VERSION TARGETARCH',
      'RUN --mount=type=ssh --mount=type=bind,from=tools,target=/tools make',
      '',
    ].join('\n'),
  );
});

test.after(() => place.remove());

const call = (file: string, ...args: string[]) => place.run([...args, '-f', place.at(file), place.directory]);

test('a file without a warning ends with 0, and the store is not touched', async () => {
  const { code, stdout, stderr } = await call('clean', '--check');
  assert.equal([code, stdout, stderr], [0, 'Check complete, no warnings found.\n', '']);
  assert.is(existsSync(place.root), false);
});

test('warnings of all stages are shown with their place, and end with 1', async () => {
  const { code, stdout } = await call('warned', '--check');
  assert.is(code, 1);
  assert.match(
    stdout,
    /^Check complete, 3 warnings have been found!\n\nWARNING: FromAsCasing\n'as' and 'FROM' keywords/,
  );
  assert.match(stdout, 'warned:5\n--------------------\n   3 |     CMD run\n');
  assert.match(stdout, '   5 | >>> ENV k v\n');
});

test('--target checks what that stage needs', async () => {
  const { stdout } = await call('warned', '--call=check,format=json', '--target', 'base');
  const { warnings } = JSON.parse(stdout);
  assert.equal(
    warnings.map(({ ruleName }: { ruleName: string }) => ruleName),
    ['FromAsCasing', 'JSONArgsRecommended'],
  );
});

test('the JSON of a check is that of the reference', async () => {
  const { code, stdout } = await call('error', '--call', 'check,format=json');
  assert.is(code, 1);
  assert.equal(JSON.parse(stdout), {
    warnings: [
      {
        ruleName: 'JSONArgsRecommended',
        description:
          'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
        detail: 'JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
        location: {
          sourceIndex: 0,
          ranges: [{ start: { line: 4, character: 0 }, end: { line: 4, character: 7 } }],
        },
      },
    ],
    sources: [
      {
        filename: 'error',
        language: 'Dockerfile',
        data: Buffer.from('# check=error=true\nFROM scratch\nCOPY clean /\nCMD run\n').toString('base64'),
      },
    ],
  });
});

test('ignorestatus=true ends with 0', async () => {
  assert.is((await call('warned', '--call=check,ignorestatus=true')).code, 0);
});

test('all syntax errors come at once, to people and to programs', async () => {
  const human = await call('broken', '--check');
  assert.equal([human.code, human.stdout], [1, '']);
  assert.match(
    human.stderr,
    /unknown instruction: COPZ\nhint: did you mean COPY\?[\s\S]*ENV requires a name and a value/,
  );
  const json = JSON.parse((await call('broken', '--call=check,format=json')).stdout);
  assert.is(json.buildError.message, 'unknown instruction: COPZ\nENV requires a name and a value');
  assert.equal(
    json.buildError.location.ranges.map(({ start }: { start: object }) => start),
    [
      { line: 2, character: 0 },
      { line: 3, character: 4 },
    ],
  );
});

test('a base image that cannot be had is an error, and its stage is checked all the same', async () => {
  const { code, stdout, stderr } = await call('gone', '--check');
  assert.is(code, 1);
  assert.match(stdout, 'WARNING: JSONArgsRecommended');
  assert.match(stderr, 'gone:1\n');
  assert.match(stderr, 'ERROR: image localhost:1/gone');
});

test('an outline lists what the target and the stages that it needs can be given', async () => {
  const { code, stdout } = await call('outline', '--call=outline');
  assert.is(code, 0);
  assert.is(
    stdout.replaceAll(/ +$/gm, ''),
    [
      'TARGET:        app',
      'DESCRIPTION:   is the program',
      '',
      'BUILD ARG   VALUE     DESCRIPTION',
      'BASE        scratch   is the image to begin with',
      'VERSION     1.0       goes into the name',
      'NAME        app-1.0',
      '',
      'SECRET   REQUIRED',
      'npm      true',
      '',
      'SSH       REQUIRED',
      'default',
      '',
      'CACHE',
      '/root/.npm',
      '',
    ].join('\n'),
  );
});

test('an outline as JSON, with a build argument', async () => {
  const { stdout } = await call('outline', '--call=outline,format=json', '--build-arg', 'VERSION=2');
  const { name, description, args, secrets, ssh, cache, sources } = JSON.parse(stdout);
  assert.equal([name, description], ['app', 'is the program']);
  assert.equal(args[2], {
    name: 'NAME',
    value: 'app-2',
    location: { ranges: [{ start: { line: 13, character: 4 }, end: { line: 13, character: 21 } }] },
  });
  assert.equal(
    [secrets[0].name, secrets[0].required, ssh[0].name, cache[0].ID],
    ['npm', true, 'default', '/root/.npm'],
  );
  assert.match(Buffer.from(sources[0], 'base64').toString(), /^# BASE is/);
});

test('targets, to people and to programs', async () => {
  const { stdout } = await call('outline', '--call=targets');
  assert.is(
    stdout.replaceAll(/ +$/gm, ''),
    'TARGET          DESCRIPTION\ntools           are what the others build with\nother\napp (default)   is the program\n',
  );
  const { targets } = JSON.parse((await call('outline', '--call=targets,format=json')).stdout);
  assert.equal(targets[2], {
    name: 'app',
    default: true,
    description: 'is the program',
    base: 'scratch',
    platform: '$BUILDPLATFORM',
    location: { ranges: [{ start: { line: 10, character: 0 }, end: { line: 10, character: 45 } }] },
  });
});

const BAD: [args: string[], message: string, hint: string][] = [
  [['--call=outlin'], '--call: unknown "outlin"', 'did you mean outline?'],
  [['--call=check,format=xml'], '--call: unknown "xml"', 'use one of text, json'],
  [['--call=check,colour=no'], '--call: unknown "colour"', 'use one of format, ignorestatus'],
  [['--check', '--call=outline'], '--check and --call=outline exclude each other', 'give one of them'],
];

for (const [args, message, hint] of BAD) {
  test(`${args.join(' ')} is refused`, async () => {
    const { code, stderr } = await call('clean', ...args);
    assert.equal([code, stderr], [2, `ERROR: ${message}\nhint: ${hint}\n`]);
  });
}

test('a build shows each warning with its line, and error=true ends it before anything is executed', async () => {
  const { code, stderr } = await call('error', '--progress=plain');
  assert.is(code, 1);
  assert.match(stderr, ' - JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior');
  assert.match(stderr, '(error:4)\n   4 | >>> CMD run\n');
  assert.match(stderr, 'ERROR: lint violation found for rules: JSONArgsRecommended\n');
  assert.not.match(stderr, '[1/1] COPY');
});

test('a quiet build shows none; raw JSON has the rule, its description and the place', async () => {
  const quiet = await call('warned', '-q');
  assert.equal([quiet.code, quiet.stderr], [0, '']);
  const { stderr } = await call('warned', '--progress=rawjson');
  const [line = ''] = stderr.split('\n').filter((text) => text.includes('"warnings"'));
  const [{ short, detail, range }] = JSON.parse(line).warnings;
  const text = (base64: string) => Buffer.from(base64, 'base64').toString();
  assert.is(text(short), "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)");
  assert.is(text(detail[0]), "The 'as' keyword should match the case of the 'from' keyword");
  assert.equal(range[0].start, { line: 1, character: 13 });
});

test('a build that finds everything in the cache warns like the first one', async () => {
  const first = await call('warned', '--progress=plain');
  const second = await call('warned', '--progress=plain');
  const list = (text: string) => text.slice(text.indexOf('warnings found'));
  assert.match(list(first.stderr), 'LegacyKeyValueFormat');
  assert.is(list(second.stderr), list(first.stderr));
});

test.run();
