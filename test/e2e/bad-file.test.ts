import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';
import { takeBases } from './place.ts';
import { sessionsOf } from './remains.ts';
import { assertSays } from './says.ts';

const bad = suite('bad build files');

interface Case {
  name: string;
  dockerfile: string;
  /** What standard error must hold, in this order. */
  says: readonly string[];
  files?: Readonly<Record<string, string>>;
}

/** Port 9 (discard) is where nothing listens. */
const NOBODY = '127.0.0.1:9';

const CASES: Case[] = [
  {
    name: 'three syntax errors are reported in one run',
    dockerfile: 'FROM local/busybox\nRUN\nCOPY onlyone\nEXPOSE\n',
    says: [
      'Dockerfile:2\n',
      '   2 | >>> RUN\n',
      'ERROR: RUN requires a command',
      'Dockerfile:3\n',
      'ERROR: COPY requires at least two arguments: a source and a destination',
      'Dockerfile:4\n',
      'ERROR: EXPOSE requires at least one argument',
    ],
  },
  {
    name: 'an unknown instruction',
    dockerfile: 'FROM local/busybox\nCPOY a b\n',
    says: ['   2 | >>> CPOY a b\n     |     ^^^^\n', 'ERROR: unknown instruction: CPOY', 'hint: did you mean COPY?'],
  },
  {
    name: 'an unknown flag',
    dockerfile: 'FROM local/busybox\nCOPY --chwon=1 a b\n',
    says: ['Dockerfile:2\n', '^^^^^^^^^', 'ERROR: COPY has no flag --chwon', 'hint: did you mean --chown?'],
  },
  {
    name: 'a missing file',
    dockerfile: 'FROM local/busybox\nCOPY src/mian.sh /\n',
    files: { 'src/main.sh': '' },
    says: [
      '   2 | >>> COPY src/mian.sh /\n',
      'ERROR: "/src/mian.sh" not found in the build context',
      'hint: did you mean main.sh?',
    ],
  },
  {
    name: 'a missing directory',
    dockerfile: 'FROM local/busybox\nCOPY lib/main.sh /\n',
    says: [
      'Dockerfile:2\n',
      'ERROR: "/lib/main.sh" not found',
      'hint: there is no directory "/lib" in the build context',
    ],
  },
  {
    name: 'a file that the ignore file hides',
    dockerfile: 'FROM local/busybox\nCOPY debug.log /\n',
    files: { 'debug.log': '', '.dockerignore': '*.log\n' },
    says: [
      'Dockerfile:2\n',
      'ERROR: "/debug.log" not found in the build context',
      'hint: the file exists and is excluded by the ignore file; add a line "!debug.log"',
    ],
  },
  {
    name: 'a missing file in a stage',
    dockerfile: 'FROM local/busybox AS a\nFROM local/busybox\nCOPY --from=a /bin/busbyox /\n',
    says: ['   3 | >>> COPY --from=a', 'ERROR: "/bin/busbyox" not found', 'hint: did you mean busybox?'],
  },
  {
    name: 'an unknown stage in COPY --from',
    dockerfile: 'FROM local/busybox AS builder\nFROM local/busybox\nCOPY --from=bulider /x /\n',
    says: [
      '   3 | >>> COPY --from=bulider /x /\n     |                 ^^^^^^^\n',
      'ERROR: no stage above is called bulider, and ',
      'hint: did you mean the stage builder?',
    ],
  },
  {
    name: 'a stage that uses a later one',
    dockerfile: 'FROM local/busybox AS a\nCOPY --from=b /x /\nFROM a AS b\n',
    says: ['   2 | >>> COPY --from=b', 'ERROR: stage b is used before it is defined (line 3)', 'rules out cycles'],
  },
  {
    name: 'a cycle of stages',
    dockerfile: 'FROM b AS a\nFROM a AS b\n',
    says: ['   1 | >>> FROM b AS a', 'ERROR: stage b is used before it is defined (line 2)', 'rules out cycles'],
  },
  {
    name: 'a stage from itself',
    dockerfile: 'FROM local/busybox AS a\nCOPY --from=a /x /\n',
    says: ['   2 | >>> COPY --from=a', 'ERROR: stage a depends on itself', 'rules out cycles'],
  },
  {
    name: 'a failing RUN',
    dockerfile: 'FROM local/busybox\nRUN for i in 1 2 3; do echo line $i; done; echo oops >&2; exit 7\nRUN true\n',
    says: [
      '------\nline 1\nline 2\nline 3\noops\n------\n',
      'Dockerfile:2\n',
      '   2 | >>> RUN for i in',
      'did not complete successfully: exit code: 7',
    ],
  },
  {
    name: 'a program that is not there',
    dockerfile: 'FROM local/busybox\nRUN ["nosuch"]\n',
    says: ['   2 | >>> RUN ["nosuch"]', 'exit code: 127 (exec "nosuch": executable file not found in $PATH)'],
  },
  {
    name: 'a user that is not there',
    dockerfile: 'FROM local/busybox\nUSER joe\nRUN id\n',
    says: ['ERROR: unable to find user joe: no matching entry in /etc/passwd', 'hint: add the user in a RUN before'],
  },
  {
    name: 'a registry that is down',
    dockerfile: `FROM ${NOBODY}/team/base:1\n`,
    says: [
      '   1 | >>> FROM',
      `ERROR: image ${NOBODY}/team/base:1 is not in the store, and cannot talk to ${NOBODY}: connect ECONNREFUSED`,
      'hint: ',
    ],
  },
  {
    name: 'something that is not executed yet',
    dockerfile: 'FROM local/busybox\nRUN --device=gpu true\n',
    says: ['   2 | >>> RUN --device=gpu', 'ERROR: RUN --device is not executed by this version of tsbuild'],
  },
  {
    name: 'a right that is not granted',
    dockerfile: 'FROM local/busybox\nRUN --security=insecure true\n',
    says: [
      '   2 | >>> RUN --security=insecure',
      'ERROR: RUN --security=insecure needs the entitlement security.insecure',
      'hint: grant it with --allow security.insecure',
    ],
  },
  { name: 'an empty file', dockerfile: '', says: ['ERROR: '] },
];

let place: Workplace;

bad.before(async () => {
  place = new Workplace();
  await takeBases(place, 'busybox');
});

bad.after(() => place.remove());

for (const { name, dockerfile, says, files = {} } of CASES) {
  bad(name, async () => {
    const context = place.at(name.replaceAll(/\W+/g, '-'));
    for (const [path, content] of Object.entries({ ...files, Dockerfile: dockerfile })) {
      mkdirSync(join(context, path, '..'), { recursive: true });
      writeFileSync(join(context, path), content);
    }
    const { code, stdout, stderr } = await place.run(['build', '-t', 'never', '--progress=plain', context]);
    assert.is(code, 1, stderr);
    assert.is(stdout, '');
    assertSays(stderr, says);
    assert.equal(sessionsOf(place), []);
    assert.not.match(await place.ok(['images']), /never/);
  });
}

bad.run();
