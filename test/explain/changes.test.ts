import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BuildOptions } from '../../src/build/build.ts';
import { explainTargets } from '../../src/build/explain.ts';
import type { TargetExplanation } from '../../src/explain/types.ts';
import { GZIP } from '../../src/export/compression.ts';
import { TestBuilder } from '../ops/builder.ts';
import { becomeRoot } from '../runner/kit.ts';

await becomeRoot();

/** A build, something that is changed, and what is then said of one of its steps. */
interface Row {
  change: string;
  /** The step that is looked at, by what its instruction begins with. */
  step: string;
  says: string | RegExp;
  outcome?: 'hit' | 'miss' | 'free';
  file?: string;
  /** The build file after the change. */
  edit?: (file: string) => string;
  shell?: string;
  /** Something that happens to the store. */
  happens?: () => Promise<void> | void;
  before?: Partial<BuildOptions>;
  after?: Partial<BuildOptions>;
}

const FILE = `FROM busybox AS make
COPY src /src
ARG LEVEL=1
ARG OTHER=x
ENV MODE=fast
RUN cat /src/a > /out
FROM busybox
COPY --chmod=644 top /top
COPY --from=make /out /out
RUN <<EOF
echo one
echo two
EOF
RUN --mount=type=secret,id=token --mount=type=cache,target=/c true
LABEL version=1
`;
const SOURCES = `mkdir -p src/d
for file in src/a src/d/b src/x.md top other; do printf "$file" > $file; done
ln -s a src/l
echo "**/*.md" > .dockerignore`;

const replace = (from: string, to: string) => (file: string) => file.replace(from, to);
const secret = (variable: string) => ({ secrets: new Map([['token', { env: variable }]]) });
const OTHER_BASE =
  'the instruction is now "FROM docker.io/library/other:latest", was "FROM docker.io/library/busybox:latest"';
const BECAUSE_A = 'because [make 2/3] COPY src /src changed: src/a has other content';
const TAC = 'the instruction is now "RUN tac /src/a > /out", was "RUN cat /src/a > /out"';

/** Files of a context. */
const FILES: readonly Omit<Row, 'step'>[] = [
  { change: 'content', shell: 'printf x > src/a', says: 'src/a has other content' },
  { change: 'mode', shell: 'chmod 600 src/a', says: 'src/a has mode 0600, was 0644' },
  { change: 'rename', shell: 'mv src/d/b src/d/c', says: 'src/d/b was renamed to src/d/c' },
  { change: 'addition', shell: 'printf 9 > src/new', says: 'src/new was added' },
  { change: 'removal', shell: 'rm src/d/b', says: 'src/d/b was removed' },
  { change: 'type', shell: 'rm src/a; ln -s d/b src/a', says: 'src/a is now a symbolic link, was a file' },
  { change: 'link', shell: 'ln -sfn d src/l', says: 'src/l leads to d, was a' },
  { change: 'directory', shell: 'mkdir src/e', says: 'src/e was added' },
  {
    change: 'many files',
    shell: 'for i in 1 2 3 4 5; do echo $i > src/n$i; done',
    says: 'src/n1 was added, src/n2 was added, src/n3 was added and 2 more',
  },
  {
    change: 'an ignore rule more',
    shell: 'echo src/l >> .dockerignore',
    says: 'src/l is now excluded by the ignore file (rule "src/l")',
  },
  {
    change: 'an ignore rule less',
    shell: 'rm .dockerignore',
    says: 'src/x.md is no longer excluded by the ignore file (it had the rule "**/*.md")',
  },
  { change: 'touch', shell: 'touch src/a src', says: 'in the cache', outcome: 'hit' },
  { change: 'another file', shell: 'touch elsewhere', says: 'in the cache', outcome: 'hit' },
];

/** Arguments, variables and text of steps. */
const STEPS: readonly Row[] = [
  { change: 'what a step is made of', shell: 'printf y > src/a', step: 'RUN cat', says: BECAUSE_A },
  {
    change: 'build argument',
    after: { buildArgs: { LEVEL: '2' } },
    step: 'RUN cat',
    says: 'the build argument LEVEL is now 2, was 1',
  },
  {
    change: 'default of an argument',
    edit: replace('OTHER=x', 'OTHER=y'),
    step: 'RUN cat',
    says: 'the build argument OTHER is now y, was x',
  },
  {
    change: 'order of arguments',
    edit: replace('ARG LEVEL=1\nARG OTHER=x', 'ARG OTHER=x\nARG LEVEL=1'),
    step: 'RUN cat',
    says: 'the order of the build arguments changed: it is now OTHER, LEVEL',
  },
  {
    change: 'an argument less',
    edit: replace('ARG OTHER=x\n', ''),
    step: 'RUN cat',
    says: 'the build argument OTHER is gone, was x',
  },
  {
    change: 'environment',
    edit: replace('MODE=fast', 'MODE=slow'),
    step: 'RUN cat',
    says: 'the environment variable MODE is now slow, was fast',
  },
  {
    change: 'a variable more',
    edit: replace('MODE=fast', 'MODE=fast MORE=1'),
    step: 'RUN cat',
    says: 'the environment variable MORE is new: 1',
  },
  { change: 'instruction', edit: replace('RUN cat', 'RUN tac'), step: 'RUN tac', says: TAC },
  {
    change: 'source of a COPY',
    edit: replace('644 top', '644 other'),
    step: 'COPY --chmod',
    says: 'the instruction is now "COPY --chmod=644 other /top", was "COPY --chmod=644 top /top"',
  },
  {
    change: 'flag',
    edit: replace('--chmod=644', '--chmod=640'),
    step: 'COPY --chmod',
    says: 'the flag --chmod is now 0640, was 0644',
  },
  {
    change: 'a flag more',
    edit: replace('--chmod=644', '--chmod=644 --chown=5'),
    step: 'COPY --chmod',
    says: 'the flag --chown is new: 5',
  },
  {
    change: 'network',
    edit: replace('RUN cat', 'RUN --network=none cat'),
    step: 'RUN --network',
    says: 'the flag --network is now none, was default',
  },
  {
    change: 'heredoc',
    edit: replace('echo two', 'echo three'),
    step: 'RUN <<EOF',
    says: 'the text of the heredoc EOF changed: line 2 is now "echo three", was "echo two"',
  },
  {
    change: 'first line of a heredoc',
    edit: replace('echo one', 'echo zero'),
    step: 'RUN <<EOF',
    says: 'the text of the heredoc EOF changed: line 1 is now "echo zero", was "echo one"',
  },
  {
    change: 'a file written in place',
    file: 'FROM scratch\nCOPY <<A /f\nhello\nA\n',
    edit: replace('hello', 'world'),
    step: 'COPY',
    says: 'the text of the heredoc A changed: line 1 is now "world", was "hello"',
  },
  {
    change: 'what a secret is needed for',
    edit: replace('id=token', 'id=token,required=true'),
    after: secret('HOME'),
    step: 'RUN --mount',
    says: 'the mount type=secret token has another option: required is now true, was false',
  },
  {
    change: 'another secret',
    edit: replace('id=token', 'id=key'),
    step: 'RUN --mount',
    says: 'the mount type=secret key is new, the mount type=secret token is gone',
  },
  {
    change: 'mount option',
    edit: replace('target=/c', 'target=/c,sharing=locked'),
    step: 'RUN --mount',
    says: 'the mount type=cache /c has another option: sharing is now locked, was shared',
  },
  {
    change: 'shell',
    edit: replace('RUN cat', 'SHELL ["/bin/ash", "-c"]\nRUN cat'),
    step: 'RUN cat',
    says: 'the shell is now /bin/ash -c, was /bin/sh -c',
  },
  { change: 'user', edit: replace('RUN cat', 'USER 0\nRUN cat'), step: 'RUN cat', says: 'the user is new: 0' },
  {
    change: 'working directory',
    edit: replace('ENV MODE=fast', 'ENV MODE=fast\nWORKDIR /new'),
    step: 'RUN cat',
    says: 'its working directory is now /new, was /',
  },
  {
    change: 'an expanded source',
    file: 'FROM scratch\nARG WHAT=top\nCOPY $WHAT /here\n',
    after: { buildArgs: { WHAT: 'other' } },
    step: 'COPY',
    says: 'its source is now other, was top (by $WHAT)',
  },
  {
    change: 'an expanded destination',
    file: 'FROM scratch\nARG TO=/a\nCOPY top $TO\n',
    after: { buildArgs: { TO: '/b' } },
    step: 'COPY',
    says: 'its destination is now /b, was /a (by $TO)',
  },
];

/** What is around a step, and what is no change. */
const GRAPHS: readonly Row[] = [
  {
    change: 'base',
    file: 'FROM busybox\n',
    edit: replace('busybox', 'other'),
    step: 'FROM docker.io/library/other',
    outcome: 'free',
    says: OTHER_BASE,
  },
  {
    change: 'what stands on another base',
    file: 'FROM busybox\nCOPY top /other-base\n',
    edit: replace('busybox', 'other'),
    step: 'COPY top',
    says: `because [1/2] FROM docker.io/library/other:latest changed: ${OTHER_BASE}`,
  },
  { change: 'a step more', edit: replace('ENV MODE', 'RUN true\nENV MODE'), step: 'RUN true', says: 'the step is new' },
  {
    change: 'what follows a new step',
    edit: replace('ENV MODE', 'RUN :\nENV MODE'),
    step: 'RUN cat',
    says: 'because [make 3/4] RUN : changed: the step is new',
  },
  {
    change: 'a step less',
    edit: replace('COPY --chmod=644 top /top\n', ''),
    step: 'COPY --from',
    says: 'the step before it, "COPY --chmod=644 top /top", was removed',
  },
  { change: 'another stage, other bytes', shell: 'printf z > src/a', step: 'COPY --from', says: BECAUSE_A },
  {
    change: 'another stage, equal bytes',
    edit: replace('MODE=fast', 'MODE=slow'),
    step: 'COPY --from',
    says: 'in the cache',
    outcome: 'hit',
  },
  {
    change: 'no cache',
    after: { noCache: true },
    step: 'RUN cat',
    says: 'its stage is built without the cache (--no-cache)',
  },
  {
    change: 'no cache for a stage',
    after: { noCacheFilter: ['make'] },
    step: 'RUN cat',
    says: 'its stage is built without the cache (--no-cache)',
  },
  {
    change: 'value of a secret',
    before: secret('HOME'),
    after: secret('PATH'),
    step: 'RUN --mount',
    says: 'in the cache',
    outcome: 'hit',
  },
  {
    change: 'label',
    edit: replace('version=1', 'version=2'),
    step: 'RUN --mount',
    says: 'in the cache',
    outcome: 'hit',
  },
  { change: 'comment', edit: (file) => `# new\n${file}`, step: 'RUN --mount', says: 'in the cache', outcome: 'hit' },
];

const test = suite('a sentence for each change');
const builder = new TestBuilder();
await builder.addBusybox();
await builder.addImage('other', [[{ path: 'other' }]]);
await builder.addImage('moving', [[{ path: 'old' }]]);
await builder.addPlatforms('multi', ['amd64', 'arm64']);

const DIGEST = 'sha256:[0-9a-f]{12}';

/** What happens outside of the project: to the store, to base images. */
const SURROUNDINGS: readonly Row[] = [
  {
    change: 'a record that is gone',
    happens: () => rmSync(join(builder.root, 'v1/results'), { recursive: true }),
    step: 'COPY src',
    says: 'its cache record or its layer was deleted (prune)',
  },
  {
    change: 'platform',
    file: 'FROM multi\nCOPY top /platform\n',
    before: { platforms: [{ os: 'linux', architecture: 'amd64' }] },
    after: { platforms: [{ os: 'linux', architecture: 'arm64' }] },
    step: 'COPY top',
    says: 'because [1/2] FROM docker.io/library/multi:latest changed: the platform is now linux/arm64, was linux/amd64',
  },
  {
    change: 'another image of the same name',
    file: 'FROM moving\nCOPY top /moving\n',
    happens: () => builder.addImage('moving', [[{ path: 'new' }]]),
    step: 'COPY top',
    says: new RegExp(
      `^because \\[1/2\\] FROM \\S+ changed: the base image docker\\.io/library/moving:latest is now ${DIGEST}, was ${DIGEST}$`,
    ),
  },
];

const ROWS: readonly Row[] = [
  ...SURROUNDINGS,
  ...FILES.map((row) => ({ ...row, step: 'COPY src' })),
  ...STEPS,
  ...GRAPHS,
];

/** Builds, changes, builds again, and returns what is said of the second build, also where that fails. */
async function explainRow({ file = FILE, ...row }: Row, index: number): Promise<TargetExplanation> {
  const context = join(builder.directory, `row-${index}`);
  mkdirSync(context);
  const shell = (script: string) => execFileSync('sh', ['-ec', `umask 022\n${script}`], { cwd: context });
  const path = join(builder.directory, `file-${index}`);
  const common = { context, file: path, outputs: [{ type: 'image', names: [], push: false } as const] };
  let told: readonly TargetExplanation[] = [];
  const onExplained = (explanations: readonly TargetExplanation[]) => {
    told = explanations;
  };
  shell(SOURCES);
  writeFileSync(path, file);
  await builder.build('', { ...common, ...row.before });
  shell(row.shell ?? 'true');
  await row.happens?.();
  writeFileSync(path, row.edit?.(file) ?? file);
  await builder.build('', { ...common, onExplained, ...row.after }).catch((error: Error) => {
    if (told.length === 0) throw error;
  });
  return told[0] as TargetExplanation;
}

for (const [index, row] of ROWS.entries()) {
  const { change, step, says, outcome = 'miss' } = row;
  test(`${change}: ${says}`, async () => {
    const { steps } = await explainRow(row, index);
    const found = steps.find(({ name }) => name.replace(/^\[[^\]]*\] /, '').startsWith(step));
    if (typeof says === 'string') assert.is(found?.sentence, says);
    else assert.match(found?.sentence ?? '', says);
    assert.is(found?.outcome, outcome);
  });
}

test('a cache of another machine: what it has is a hit, and what it has not is compared with it', async () => {
  await TestBuilder.with(async (fresh) => {
    const context = join(builder.directory, 'exported');
    mkdirSync(context);
    execFileSync('sh', ['-ec', `umask 022\n${SOURCES}`], { cwd: context });
    const file = join(builder.directory, 'exported-file');
    writeFileSync(file, FILE);
    const cache = { type: 'local', directory: join(builder.directory, 'cache'), tag: 'latest' } as const;
    const common = { context, file, outputs: [{ type: 'image', names: [], push: false }] } as const;
    await builder.build('', {
      ...common,
      cacheTo: [{ ...cache, mode: 'max', compression: GZIP, ignoreError: false, mounts: false }],
    });
    writeFileSync(join(context, 'top'), 'edited');
    await fresh.addBusybox();
    const [told] = await explainTargets(
      [{ ...fresh.defaults(), ...common, cacheFrom: [{ ...cache, digest: undefined }] }],
      fresh.defaults(),
    );
    const sentences = new Map(
      told?.steps.map(({ name, sentence }) => [name.replace(/^\[[^\]]*\] (\S+ \S+).*/s, '$1'), sentence]),
    );
    assert.is(told?.comparedWith?.kind, 'cache');
    assert.match(sentences.get('RUN cat') ?? '', /^in the cache/);
    assert.is(sentences.get('COPY --chmod=644'), 'top has other content');
    assert.is(sentences.get('FROM docker.io/library/busybox:latest'), 'unchanged');
    assert.equal(told?.config, []);
    let said: readonly TargetExplanation[] = [];
    await fresh.build('', {
      ...common,
      cacheFrom: [{ ...cache, digest: undefined }],
      onExplained: (found) => {
        said = found;
      },
    });
    assert.is(said[0]?.comparedWith?.kind, 'cache');
    assert.ok(
      said[0]?.steps.some(({ outcome, sentence }) => outcome === 'miss' && sentence === 'top has other content'),
    );
  });
});

test.after(() => rmSync(builder.directory, { recursive: true, force: true }));
test.run();
