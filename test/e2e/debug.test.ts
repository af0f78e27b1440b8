// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of a shell
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, type Workplace } from '../support/workplace.ts';
import { takeBases, WITH_IDS, withPlace } from './place.ts';
import { sessionsOf } from './remains.ts';
import { assertSays } from './says.ts';

const debug = suite('shells in a build');

/** Runs tsbuild on a terminal of this size, which is written down. */
const IN_TERMINAL = [
  'sh',
  '-c',
  'exec script -qec "tty > $PTY; stty rows 30 cols 90; NO_COLOR=1 $*" /dev/null',
  'in-terminal',
];

/** A marker for processes, and a step that fails beside another one that does not end. */
function failing(marker: string): string {
  return `FROM local/busybox AS other
RUN exec sleep ${marker}
FROM local/busybox AS tools
RUN echo tool > /tool
FROM local/busybox AS failing
SHELL ["/bin/busybox", "sh", "-euc"]
ARG COLOUR=blue
ENV SIZE=large
USER 1000
WORKDIR /tmp/work
RUN --network=none --mount=type=cache,target=/cache,uid=1000,sharing=locked --mount=type=secret,id=word,uid=1000 \\
  --mount=type=bind,from=tools,source=/tool,target=/tool \\
  echo cached > /cache/c; echo half > /tmp/half; exit 3
FROM local/busybox
COPY --from=other / /
COPY --from=failing / /
`;
}

/** One line that names all that a command of the failing step finds. */
const SURROUNDINGS =
  'echo "<$(id -u) $PWD $COLOUR $SIZE $(ls /sys/class/net) $(cat /run/secrets/word /tool /cache/c /tmp/half | tr "\\n" " ")>"';

/** Types at a terminal, each line when what is awaited has been shown. */
class Typist {
  shown = '';
  readonly #child: ChildProcess;
  #heard: () => void = () => undefined;
  #ended: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.shown += chunk;
      this.#heard();
    });
    child.once('close', () => this.#ended());
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** The terminal goes with its input, and what runs on it with the terminal. */
  end(): void {
    this.#child.stdin?.end();
  }

  async sees(text: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!this.shown.includes(text)) {
      await new Promise<void>((resolve, reject) => {
        const give = () => {
          reject(new Error(`${JSON.stringify(text)} was not shown:\n${this.shown}`));
        };
        signal.onabort = give;
        this.#heard = resolve;
        this.#ended = give;
      });
    }
  }
}

/** For one line on a terminal, on a busy machine; what does not come is an error and no test that hangs. */
const PATIENCE_MS = 60_000;

const BAKE_FILE = `group "default" { targets = ["other", "failing"] }
target "app" { secret = ["id=word,env=WORD"] }
target "other" {
  inherits = ["app"]
  target = "other"
}
target "failing" {
  inherits = ["app"]
  target = "failing"
}
`;

/** A build of the build file in `context`, and a bake of two of its stages. */
const COMMANDS: Readonly<Record<string, (context: string) => string[]>> = {
  build: (context) => ['build', '--secret=id=word,env=WORD', context],
  bake: (context) => ['bake', '-f', `${context}/docker-bake.hcl`, '--set', `*.context=${context}`],
};

for (const [who, command] of [...WITH_IDS.map((who) => [who, 'build'] as const), ['root', 'bake'] as const]) {
  debug(`as ${who}: ${command} --on-error=shell opens a terminal where a command failed`, () =>
    withPlace(who, async (place) => {
      await takeBases(place, 'busybox');
      const marker = `${randomBytes(4).readUInt32LE()}0`;
      place.write('context/Dockerfile', failing(marker));
      place.write('context/docker-bake.hcl', BAKE_FILE);
      const args = [...(COMMANDS[command]?.(place.at('context')) ?? []), '--on-error=shell', '--jobs=4'];
      const env = { PTY: place.write('pty', ''), WORD: 'hush' };
      chmodSync(env.PTY, 0o666);
      const child = place.start(args, { through: IN_TERMINAL, env });
      const outcome = outcomeOf(child);
      const typist = new Typist(child);
      await converse(typist, place.at('pty'), marker).finally(() => typist.end());
      const { code } = await outcome;
      assert.match(typist.shown, /<code 130>/);
      assert.is(code, 1, typist.shown);
      assertSays(typist.shown, ['did not complete successfully: exit code: 3', 'with what it wrote']);
      assert.ok(!typist.shown.endsWith('\x1b[?25l'), 'the cursor is there');
      assert.equal(sessionsOf(place), []);
    }),
  );
}

for (const who of WITH_IDS) {
  debug(`as ${who}: debug --at runs a shell before an instruction, and ends as it does`, () =>
    withPlace(who, async (place) => {
      await takeBases(place, 'busybox');
      place.write('context/Dockerfile', failing('1'));
      const run = (line: number, stdin: string) =>
        place.run(['debug', '-q', `--at=${line}`, '--secret=id=word,env=WORD', place.at('context')], {
          stdin,
          env: { WORD: 'hush' },
        });
      const before = await run(12, `${SURROUNDINGS}; echo left > /cache/c; test ! -t 0; exit 5`);
      assert.is(before.code, 5, before.stderr);
      assert.is(before.stdout, '<1000 /tmp/work blue large lo hushtool >\n');
      assertSays(before.stderr, [
        'before line 12 of Dockerfile: [failing 3/3] RUN --network=none',
        "it would run: /bin/busybox sh -euc 'echo cached > /cache/c; echo half > /tmp/half; exit 3'\n",
      ]);
      const early = await run(8, 'echo "<$(id -u) $PWD $COLOUR ${SIZE-none} $(cat /cache/c 2>/dev/null)>"');
      assert.is(early.stdout, '<0 / blue none >\n', early.stderr);
      assert.match(early.stderr, /^before line 8 of Dockerfile: ENV SIZE=large\n$/);
      assert.equal(sessionsOf(place), []);
    }),
  );
}

async function converse(typist: Typist, pty: string, marker: string): Promise<void> {
  await typist.sees('the build ends with the shell');
  assert.equal(running(marker), []);
  typist.type(`${SURROUNDINGS}\n`);
  await typist.sees('<1000 /tmp/work blue large lo hushtool cached half >');
  typist.type('echo "<$(stty size)>"; echo more > /tmp/more && echo "<$(cat /tmp/more)>"\n');
  await typist.sees('<30 90>');
  await typist.sees('<more>');
  execFileSync('stty', ['-F', readFileSync(pty, 'utf8').trim(), 'rows', '20', 'cols', '70']);
  typist.type('until [ "$(stty size)" = "20 70" ]; do :; done; echo "<new"" size>"\n');
  await typist.sees('<new size>');
  typist.type('sh -c \'echo "<slee""ping>"; exec sleep 1000\'; echo "<code $?>"\n');
  await typist.sees('<sleeping>');
  typist.type('\x03');
  typist.type('echo "<code $?>"; exit 7\n');
}

interface Refusal {
  name: string;
  args: string[];
  dockerfile: string;
  code: number;
  says: string[];
  terminal?: boolean;
}

const REFUSALS: Refusal[] = [
  {
    name: 'a shell for an error needs a terminal',
    args: ['build', '--on-error=shell'],
    dockerfile: 'FROM local/busybox\nRUN false\n',
    code: 2,
    says: ['ERROR: --on-error=shell needs a terminal, and standard input is none\n', 'hint: ', 'debug --at LINE'],
  },
  {
    name: 'so it does in a bake, whose file may be what is read from there',
    args: ['bake', '--on-error=shell', '-f', '-'],
    dockerfile: 'FROM scratch\n',
    code: 2,
    says: ['ERROR: standard input is the bake file, and a shell needs it\n', 'hint: put the bake file into a file'],
  },
  {
    name: 'an image without a shell',
    args: ['debug', '--at=3'],
    dockerfile: 'FROM scratch\nSHELL ["/bin/bash", "-c"]\nRUN ["/tool"]\n',
    code: 1,
    says: [
      'it would run: /tool\n',
      'ERROR: there is no shell in the image: it has no /bin/bash or /bin/sh\n',
      'hint: ',
    ],
  },
  {
    name: 'what fails is no command',
    args: ['build', '--on-error=shell'],
    dockerfile: 'FROM local/busybox\nCOPY missing /\n',
    code: 1,
    says: ['ERROR: ', 'no shell is opened: it was not the command of a RUN that failed'],
    terminal: true,
  },
  {
    name: 'a line without an instruction',
    args: ['debug', '--at=1'],
    dockerfile: '# comment\nFROM local/busybox\nRUN false\n',
    code: 1,
    says: ['   1 | >>> # comment\n', 'ERROR: line 1 has no instruction\n', 'hint: the next one is FROM in line 2\n'],
  },
  {
    name: 'a stage beside a line',
    args: ['debug', '--at=2', '--target=x'],
    dockerfile: 'FROM scratch\n',
    code: 2,
    says: ['ERROR: --at and --target exclude each other'],
  },
  {
    name: 'no line',
    args: ['debug'],
    dockerfile: 'FROM scratch\n',
    code: 2,
    says: ['ERROR: debug needs the line of an instruction: --at LINE\n'],
  },
  {
    name: 'a build file where commands would come from',
    args: ['debug', '--at=2', '-f', '-'],
    dockerfile: 'FROM scratch\n',
    code: 2,
    says: ['ERROR: standard input is the build file, and a shell needs it\n'],
  },
];

debug('says why there is no shell', () =>
  withPlace('root', async (place: Workplace) => {
    await takeBases(place, 'busybox');
    for (const { name, args, dockerfile, code, says, terminal } of REFUSALS) {
      place.write('context/Dockerfile', dockerfile);
      const options = terminal ? { through: IN_TERMINAL, env: { PTY: '/dev/null' } } : {};
      const outcome = await place.run([...args, place.at('context')], { stdin: '', ...options });
      const said = (outcome.stdout + outcome.stderr).replaceAll('\r\n', '\n');
      assert.is(outcome.code, code, `${name}: ${said}`);
      assertSays(said, says);
    }
  }),
);

/** The processes of the machine with this on their command lines. */
function running(marker: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(marker);
    } catch {
      return false;
    }
  });
}

debug.run();
