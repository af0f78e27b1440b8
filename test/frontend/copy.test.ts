import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failure, lastOp, planned } from './planned.ts';

const test = suite('COPY and ADD');

interface CopyOp {
  from: string;
  sources: ({ pattern: string } | { name: string; content: string })[];
  destination: string;
  chown?: string;
  mode?: number | string;
  exclude?: string[];
  parents?: true;
  unpack?: boolean;
}

async function copyOf(lines: string): Promise<CopyOp & { shown: string }> {
  const { plan, history } = await planned(`FROM scratch AS zero\nFROM scratch\nWORKDIR /w\n${lines}`);
  return { ...lastOp<CopyOp>(plan, 'copy'), shown: history.at(-1) ?? '' };
}

/** Trap 27 and its neighbours: what is written, and where it goes below WORKDIR /w. */
const DESTINATIONS: [written: string, destination: string][] = [
  ['/a', '/a'],
  ['/a/', '/a/'],
  ['/a/../b', '/b'],
  ['/../../b', '/b'],
  ['a', '/w/a'],
  ['a/', '/w/a/'],
  ['./a', '/w/a'],
  ['.', '/w/'],
  ['./', '/w/'],
  ['..', '/'],
  ['a/.', '/w/a/'],
  ['a/..', '/w/'],
  ['"$none"', '/w/'],
  ['/', '/'],
];

for (const [written, destination] of DESTINATIONS) {
  test(`trap 27: COPY x ${written} goes to ${destination}`, async () => {
    assert.is((await copyOf(`COPY x ${written}\n`)).destination, destination);
  });
}

const FORMS: [lines: string, op: Partial<CopyOp>, history: string][] = [
  ['COPY a b/ c/\n', { from: 'context', sources: [{ pattern: 'a' }, { pattern: 'b/' }] }, '+ COPY a b/ c/ # buildkit'],
  ['COPY ["a b", "/c"]\n', { sources: [{ pattern: 'a b' }] }, '+ COPY a b /c # buildkit'],
  ['ENV x=y\nCOPY $x /$x\n', { sources: [{ pattern: 'y' }], destination: '/y' }, '+ COPY y /y # buildkit'],
  ['COPY --from=zero /a /b\n', { from: 'input', unpack: undefined }, '+ COPY /a /b # buildkit'],
  ['COPY --from=ZERO /a /b\n', { from: 'input' }, '+ COPY /a /b # buildkit'],
  ['COPY --from=0 /a /b\n', { from: 'input' }, '+ COPY /a /b # buildkit'],
  ['COPY --chown=1:2 a b\n', { chown: '1:2' }, '+ COPY --chown=1:2 a b # buildkit'],
  ['ENV u=me\nCOPY --chown=$u a b\n', { chown: 'me' }, '+ COPY --chown=me a b # buildkit'],
  ['COPY --chmod=755 a b\n', { mode: 0o755 }, '+ COPY --chmod=755 a b # buildkit'],
  ['COPY --chmod=07777 a b\n', { mode: 0o7777 }, '+ COPY --chmod=07777 a b # buildkit'],
  ['COPY --chmod=00644 a b\n', { mode: 0o644 }, '+ COPY --chmod=00644 a b # buildkit'],
  ['ENV m=0\nCOPY --chmod=$m a b\n', { mode: 0 }, '+ COPY --chmod=0 a b # buildkit'],
  ['COPY --chmod=$no --chown=$no a b\n', { mode: undefined, chown: undefined }, '+ COPY a b # buildkit'],
  ['ENV w=go\nCOPY --chmod=u=rwX,$w=rX a b\n', { mode: 'u=rwX,go=rX' }, '+ COPY --chmod=u=rwX,go=rX a b # buildkit'],
  ['ENV e=x\nCOPY --exclude=$e --exclude=b a b\n', { exclude: ['$e', 'b'] }, '+ COPY a b # buildkit'],
  ['COPY --parents --chown=1 a/./b c/\n', { parents: true }, '+ COPY --parents --chown=1 a/./b c/ # buildkit'],
  ['ADD --unpack=false a b\n', { unpack: undefined }, '+ ADD a b # buildkit'],
  ['ADD --unpack a b\n', { unpack: true }, '+ ADD a b # buildkit'],
  ['ADD a /b\n', { from: 'context', unpack: true }, '+ ADD a /b # buildkit'],
  ['ENV x=1\nCOPY <<E /f\n"$x"\nE\n', { sources: [{ name: 'E', content: '"1"\n' }] }, '+ COPY <<E /f # buildkit'],
  ['ENV x=1\nCOPY <<"E" /f\n$x\nE\n', { sources: [{ name: 'E', content: '$x\n' }] }, '+ COPY <<E /f # buildkit'],
];

for (const [lines, expected, history] of FORMS) {
  test(JSON.stringify(lines), async () => {
    const { shown, ...op } = await copyOf(lines);
    for (const [field, value] of Object.entries(expected)) assert.equal(op[field as keyof CopyOp], value, field);
    assert.is(shown, history);
  });
}

test('several sources may go where a directory is expected to be', async () => {
  assert.equal((await copyOf('COPY a b /there\n')).sources, [{ pattern: 'a' }, { pattern: 'b' }]);
});

const NO_MODE =
  'is neither an octal mode from 0 to 07777 nor a symbolic one (write e.g. --chmod=0755 or --chmod=u=rwX,go=rX)';

test('trap 41: COPY --link stands on nothing, and a vertex that costs nothing puts it on the stage', async () => {
  const { plan, history } = await planned('FROM scratch AS a\nFROM a\nWORKDIR /w\nCOPY --link --from=a /x /y\n');
  assert.equal(plan.rootfs.op, { kind: 'link' });
  const [stage, layer] = plan.rootfs.inputs;
  assert.is(stage?.op.kind, 'workdir');
  assert.equal([layer?.op.kind, layer?.inputs[0]?.op.kind], ['copy', 'scratch']);
  assert.is(history.at(-1), '+ COPY /x /y # buildkit');
});

const MALFORMED =
  'INVALID 3: malformed pattern: "a[" (close every "[", leave none empty, and write a backslash before a character that is meant as itself)';

/** All stand in line 3. */
const ERRORS: [line: string, error: string][] = [
  ['COPY --chmod=10000 a b', `INVALID 3: --chmod=10000 ${NO_MODE}`],
  ['COPY --chmod=9 a b', `INVALID 3: --chmod=9 ${NO_MODE}`],
  ['COPY --chmod=a+y a b', `INVALID 3: --chmod=a+y ${NO_MODE}`],
  ['COPY --chmod=u+x, a b', `INVALID 3: --chmod=u+x, ${NO_MODE}`],
  [
    'COPY --link --chown=app a b',
    'INVALID 3: COPY --link cannot look up the names of --chown=app: its layer stands on nothing (write numbers, e.g. --chown=1000:1000, or leave --link out)',
  ],
  ['COPY --exclude=a[ a b', MALFORMED],
  ['COPY a[ b', MALFORMED],
  [
    'ADD --checksum=sha256:00 a b',
    'INVALID 3: --checksum is for one source that is a URL or a git repository (give each source an ADD of its own)',
  ],
  ['ADD --keep-git-dir=true a b', 'INVALID 3: --keep-git-dir is for a source that is a git repository'],
  ['COPY https://example.org/a b', 'INVALID 3: COPY takes no URL and no git repository (use ADD)'],
  [
    'COPY a <<E /f\nE',
    'INVALID 3: COPY with several sources needs a directory as destination (end it with a slash: /f/)',
  ],
];

for (const [line, error] of ERRORS) {
  test(`${line} is an error at its line`, async () => {
    assert.is(await failure(`FROM scratch\nENV a=1\n${line}\n`), error);
  });
}

/** A source of ADD, and the vertex that fetches it. */
const FETCHED: readonly (readonly [url: string, op: object])[] = [
  ['https://example.org/a', { kind: 'http', url: 'https://example.org/a', name: 'a' }],
  ['http://u:p@x/y.tar?q#f', { kind: 'http', url: 'http://x/y.tar?q', name: 'y.tar' }],
  ['git@example.org:a/b.git', { kind: 'git', remote: 'git@example.org:a/b.git' }],
  ['https://u:p@x/y.git#main:d', { kind: 'git', remote: 'https://x/y.git', ref: 'main', subdir: 'd' }],
];

for (const [url, op] of FETCHED) {
  test(`ADD ${url} reads what is fetched, without its credentials`, async () => {
    const { plan, history } = await planned(`FROM scratch\nENV u=${url}\nADD $u /b\n`);
    assert.equal(JSON.parse(JSON.stringify(plan.rootfs.inputs[1]?.op)), op);
    assert.is(history.at(-1), `+ ADD ${url.replace('u:p@', '')} /b # buildkit`);
  });
}

test('trap 20: a variable in --from is an error', async () => {
  assert.match(await failure('FROM scratch AS a\nFROM scratch\nARG f=a\nCOPY --from=$f / /\n'), /^SYNTAX 4: .*--from/);
});

test.run();
