import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import yargs, { type Argv } from 'yargs';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('listings for machines');

/** Each prints one JSON document: an array with this many entries at least, or an object with these fields. */
const LISTINGS: [args: string, shape: number | readonly string[]][] = [
  ['images --json', 1],
  ['ls --json', 1],
  ['inspect busybox', 1],
  ['history built --json', 2],
  ['ps --all --json', 1],
  ['port site --json', 0],
  ['volume ls --json', 1],
  ['volume inspect kept', 1],
  ['builds ls --json', 1],
  ['builds logs --json', 1],
  ['context ls --json src', 1],
  ['context stats --json src', ['proposal']],
  ['context why Dockerfile --json src', ['path']],
  ['graph --format json ./src', []],
  ['explain --json src', ['targets']],
  ['report --json', ['steps']],
  ['du --json', 5],
  ['prune --dry-run --json', ['deleted', 'size']],
  ['bake --list targets,format=json', 1],
  ['bake --list variables,format=json', 0],
  ['bake --print', ['target']],
  ['doctor --json', ['ok', 'findings']],
  ['config --json', ['project', 'user', 'settings']],
  ['parse src/Dockerfile', []],
  ['version --json', ['tsbuild', 'node']],
];
/** `affected` needs a git repository and has tests of its own, as `bench` and `verify`; what containers say is theirs. */
const ELSEWHERE = ['affected', 'bench', 'verify', 'logs'];

let place: Workplace;
test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('src/Dockerfile', 'FROM busybox\nCOPY Dockerfile /\n');
  place.write('docker-bake.json', '{"target":{"default":{"context":"src"}}}');
  await place.ok(['build', '-t', 'built', 'src']);
  await place.ok(['create', '--name', 'site', 'busybox', 'true']);
  await place.ok(['volume', 'create', 'kept']);
});
test.after(() => place.remove());

for (const [line, shape] of LISTINGS) {
  test(line, async () => {
    const { stdout } = await place.run(line.split(' '));
    const said: unknown = JSON.parse(stdout);
    if (typeof shape === 'number') assert.ok(Array.isArray(said) && said.length >= shape, stdout);
    else
      assert.equal(
        shape.filter((name) => !Object.hasOwn(said as object, name)),
        [],
        stdout,
      );
  });
}

test('every command that lists or shows something is among them', () => {
  const tried = new Set([...LISTINGS.map(([line]) => line.split(' ', 1)[0]), ...ELSEWHERE]);
  const listing = COMMANDS.filter(
    (command) => /^(List|Show|Look)/.test(command.describe) || takesJson(command.builder),
  );
  assert.equal(
    listing.map(({ command }) => ([command].flat()[0] as string).split(' ', 1)[0]).filter((name) => !tried.has(name)),
    [],
  );
});

function takesJson(builder: (yargs: Argv) => unknown): boolean {
  const { key } = (builder(yargs([])) as { getOptions(): { key: Record<string, unknown> } }).getOptions();
  return 'json' in key;
}

test.run();
