import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS_DIALECT, plainArguments, runDialect } from '../../src/cli/arguments.ts';

const test = suite('arguments as docker reads them');

const COMMANDS: [line: string, plain: string][] = [
  ['build -t a -t b .', 'build -t a -t b .'],
  ['-ta .', '-t a .'],
  ['-ta=b .', '-t a=b .'],
  ['-t=a .', '-t a .'],
  ['-qta:1 .', '-q -t a:1 .'],
  ['-j4 -fDockerfile.dev .', '-j 4 -f Dockerfile.dev .'],
  ['-q . -ta', '-q . -t a'],
  ['--build-arg=A=b=c --tag=a .', '--build-arg=A=b=c --tag=a .'],
  ['--output - .', '--output=- .'],
  ['-o - .', '-o=- .'],
  ['-o- -qf- --file - -o=- .', '-o=- -q -f=- --file=- -o=- .'],
  ['-f - .', '-f=- .'],
  ['-t a -- .', '-t a .'],
  ['-- -dir', './-dir'],
  ['import -- - -x', 'import - ./-x'],
  ['prune -a', 'prune -a'],
  ['-x .', '-x .'],
];

const RUN: [line: string, plain: string][] = [
  ['-eA=b image', '-e A=b image'],
  ['-v/a:/b -w/x -u1:2 image', '-v /a:/b -w /x -u 1:2 image'],
  ['--rm -ie A=b image', '--rm -ie A=b image'],
  ['--user root image -eA=b', '--user root image -eA=b'],
  ['--rm image -w/x', '--rm image -w/x'],
  ['-e A image -uroot', '-e A image -uroot'],
  ['--user=root image -- -vx', '--user=root image -- -vx'],
  ['-p80:80 -lA=b -m1g --name x image -p1', '-p 80:80 -l A=b -m 1g --name x image -p1'],
];

for (const [table, dialect] of [
  [COMMANDS, COMMANDS_DIALECT],
  [RUN, runDialect(['rm', 'interactive'])],
] as const) {
  for (const [line, plain] of table) {
    test(`${line}`, () => assert.is(plainArguments(line.split(' '), dialect).join(' '), plain));
  }
}

test.run();
