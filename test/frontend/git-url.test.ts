import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { parseGitContext, parseGitUrl } from '../../src/frontend/remote/git-url.ts';

const test = suite('URLs of git repositories');

const X = 'https://example.com/foo.git';

/** A text, and what it means as `remote ref subdir …`; undefined for what is no repository. */
const SOURCES: readonly (readonly [text: string, fields: object | undefined])[] = [
  ['https://example.com/', undefined],
  ['https://example.com/foo', undefined],
  ['https://example.com/foo.git/', undefined],
  ['https://example.com/foo.git.bar', undefined],
  ['http://github.com/docker/docker.git:#branch', undefined],
  ['custom.xyz/moby/buildkit.git', undefined],
  ['github.com/moby/buildkit', undefined],
  ['./x.git', undefined],
  ['../x.git', undefined],
  ['.git', undefined],
  ['file:///srv/x.git', undefined],
  ['ext::sh -c x', undefined],
  ['ftp://example.com/x.git', undefined],
  ['git@example.com', undefined],
  [X, { remote: X }],
  ['HTTP://example.com/foo.git', { remote: 'http://example.com/foo.git' }],
  [`${X}#`, { remote: X }],
  [`${X}#deadbeef`, { remote: X, ref: 'deadbeef' }],
  [`${X}#release/1.2`, { remote: X, ref: 'release/1.2' }],
  [`${X}#baz/qux:quux/quuz`, { remote: X, ref: 'baz/qux', subdir: 'quux/quuz' }],
  [`${X}#:myfolder`, { remote: X, subdir: 'myfolder' }],
  [`${X}#main:/`, { remote: X, ref: 'main' }],
  ['https://foo:bar@github.com/moby/buildkit.git', { remote: 'https://foo:bar@github.com/moby/buildkit.git' }],
  ['git://example.com/foo', { remote: 'git://example.com/foo' }],
  ['ssh://git:pw@example.com:22/foo', { remote: 'ssh://git@example.com:22/foo' }],
  ['git@github.com:moby/buildkit', { remote: 'git@github.com:moby/buildkit' }],
  ['me_1@host.org:a/b.git#v1:d', { remote: 'me_1@host.org:a/b.git', ref: 'v1', subdir: 'd' }],
  ['git@host.org:a.git?branch=x', { remote: 'git@host.org:a.git', ref: 'refs/heads/x' }],
  [`${X}?ref=v1.0.0&subdir=/subdir`, { remote: X, ref: 'v1.0.0', subdir: 'subdir' }],
  [`${X}?tag=v1`, { remote: X, ref: 'refs/tags/v1' }],
  [`${X}?tag=refs/tags/v1`, { remote: X, ref: 'refs/tags/v1' }],
  [`${X}?ref=v1#v1`, { remote: X, ref: 'v1' }],
  [`${X}?checksum=deadbeef`, { remote: X, ref: 'deadbeef', checksum: 'deadbeef' }],
  [`${X}?commit=deadbeef&ref=v1`, { remote: X, ref: 'v1', checksum: 'deadbeef' }],
  [`${X}?keep-git-dir&submodules=false`, { remote: X, keepGitDir: true, submodules: false }],
  [`${X}?keep-git-dir=0&submodules=T`, { remote: X, keepGitDir: false, submodules: true }],
];

for (const [text, fields] of SOURCES) {
  test(JSON.stringify(text), () => {
    const found = parseGitUrl(text);
    assert.equal(found && JSON.parse(JSON.stringify(found)), fields);
  });
}

test('a context may leave out https:// and .git of one host', () => {
  const remote = 'https://github.com/moby/buildkit';
  assert.equal(JSON.parse(JSON.stringify(parseGitContext('github.com/moby/buildkit#v1:d'))), {
    remote,
    ref: 'v1',
    subdir: 'd',
  });
  assert.is(parseGitContext('github.org/moby/buildkit'), undefined);
});

/** What is a repository and cannot be meant so, and what is wrong with it. */
const REFUSED: readonly (readonly [text: string, problem: RegExp])[] = [
  [`${X}?ref=a#b`, /ref is both "b" and "a"/],
  [`${X}?tag=a&branch=b`, /ref is both/],
  [`${X}?subdir=a#:b`, /subdir is both "b" and "a"/],
  [`${X}?ref=`, /ref has no value/],
  [`${X}?ref=a&ref=b`, /ref has several values/],
  [`${X}?token=a`, /"token" is unknown/],
  [`${X}?constructor=a`, /"constructor" is unknown/],
  [`${X}?submodules=maybe`, /submodules is neither true nor false/],
  [`${X}?checksum=xyz`, /"xyz" is not a commit/],
  [`${X}#:../x`, /the directory leaves the repository/],
  [`${X}#--upload-pack=touch`, /no name of a branch/],
  [`${X}#a..b`, /no name of a branch/],
  [`${X}#a b`, /no name of a branch/],
  [`${X}#a%0Ab`, /no name of a branch/],
  ['ssh://-oProxyCommand=x/y', /begins with a dash/],
  ['git@-host:x', /begins with a dash/],
  ['git@host:-x', /begins with a dash/],
  ['git://host/-x', /begins with a dash/],
];

for (const [text, problem] of REFUSED) {
  test(`refused: ${text}`, () => {
    try {
      parseGitUrl(text);
      assert.match('', problem);
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      assert.is(error.code, 'INVALID');
      assert.match(error.message, problem);
    }
  });
}

test('an error shows no password', () => {
  assert.throws(() => parseGitUrl('https://me:pw@example.com/foo.git?x=1'), /^git repository https:\/\/example.com/);
});

test.run();
