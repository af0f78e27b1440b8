import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needProgram } from '../house/programs.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite<{ place: Workplace; env: NodeJS.ProcessEnv }>('completion in shells');

test.before(async (context) => {
  const place = await Workplace.withBusybox();
  await place.ok(['create', '--name', 'sleeper', 'busybox', 'sleep', '1']);
  place.write(
    'docker-bake.hcl',
    'group "default" { targets = ["orders"] }\ntarget "orders" {}\ntarget "payments" { description = "takes money" }\n',
  );
  place.write('directory/file', '');
  place.write('bin/tsbuild', `#!/bin/sh\nexec ${place.command()} "$@"\n`, 0o755);
  context.place = place;
  context.env = { HOME: place.directory, PATH: `${place.at('bin')}:${process.env.PATH}`, TSBUILD_ROOT: place.root };
});
test.after(({ place }) => place.remove());

type Shell = (line: string, context: { place: Workplace; env: NodeJS.ProcessEnv }) => string[];

/** What each real shell offers behind a command line. */
const SHELLS: Readonly<Record<'bash' | 'zsh' | 'fish', Shell>> = {
  bash: (line, context) =>
    sh(context, 'bash', [
      '-c',
      `source <(tsbuild completion bash); COMP_LINE=$1; COMP_POINT=\${#1}; _tsbuild; printf "%s\\n" "\${COMPREPLY[@]}"`,
      'bash',
      line,
    ]),
  // Its own functions want a terminal: those that show are in our place, what is asked and how it is read is not.
  zsh: (line, context) =>
    sh(context, 'zsh', [
      '-fc',
      `compdef() { : }; _files() { print -rl -- \${words[CURRENT]}*(N) }
      _describe() { local each; for each in \${(P)2}; do print -r -- "\${\${each//\\\\:/%}%%:*}" | tr % :; done }
      source <(tsbuild completion zsh); words=(\${(z)1}); [[ $1 == *' ' ]] && words+=(''); CURRENT=$#words; _tsbuild`,
      'zsh',
      line,
    ]).filter((value) => value.startsWith(/\S*$/.exec(line)?.[0] ?? '')),
  fish: (line, context) =>
    sh(context, 'fish', ['--no-config', '-c', 'tsbuild completion fish | source; complete -C $argv[1]', line]).map(
      (value) => value.replace(/\t.*/, ''),
    ),
};

function sh(
  { place, env }: { place: Workplace; env: NodeJS.ProcessEnv },
  shell: 'bash' | 'zsh' | 'fish',
  args: string[],
): string[] {
  const program = shell === 'bash' ? 'bash' : needProgram(shell);
  const text = execFileSync(program, args, {
    cwd: place.directory,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return text
    .split('\n')
    .filter((value) => value !== '')
    .sort();
}

const ROWS: readonly [line: string, offered: readonly string[]][] = [
  ['tsbuild affec', ['affected']],
  ['tsbuild bake pay', ['payments']],
  ['tsbuild build --progress pl', ['plain']],
  ['tsbuild rmi busy', ['busybox:latest']],
  ['tsbuild logs sl', ['sleeper']],
  ['tsbuild context sta', ['stats']],
  ['tsbuild build --metadata-f', ['--metadata-file']],
];

for (const [shell, complete] of Object.entries(SHELLS)) {
  test(`${shell}: commands, options, their values, targets, images, containers, files`, (context) => {
    for (const [line, offered] of ROWS) assert.equal(complete(line, context), offered, line);
    assert.match(complete('tsbuild build dir', context).join(), /directory/);
    assert.ok(complete('tsbuild ', context).includes('bake'));
  });
}

test('candidates say what they are; a broken bake file offers nothing', async ({ place }) => {
  const ask = (...words: string[]) => place.ok(['complete', '--', ...words]);
  assert.match(await ask('bake', ''), 'payments\ttakes money');
  assert.match(await ask('build', '--'), '--tag\tName of the image, NAME[:TAG]\n');
  assert.is(await ask('build', '--format='), '--format=:files');
  place.write('docker-bake.hcl', 'target {');
  assert.is(await ask('bake', ''), '');
});

test.run();
