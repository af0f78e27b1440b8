import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scanRoot } from '../../src/attest/sbom/scan.ts';
import { sbomOf } from '../../src/attest/sbom/spdx.ts';
import { RootView } from '../../src/snapshot/root-view.ts';

const test = suite('packages of an image as SPDX');

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
test.after(() => rmSync(directory, { recursive: true, force: true }));

interface Document {
  [field: string]: unknown;
  comment?: string;
  packages: Record<string, unknown>[];
  relationships: Record<string, string>[];
}

/** The document of a root with these files; a value that begins with `->` is a link. */
function documentOf(name: string, files: Readonly<Record<string, string>>, created = 1_700_000_000_000): Document {
  const root = join(directory, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (content.startsWith('->')) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content);
  }
  mkdirSync(root, { recursive: true });
  const found = scanRoot(new RootView([{ directory: root, opaque: new Set() }]));
  const options = { name: 'app:1', platform: 'linux/amd64', created, version: '1.2.3' };
  if (name.includes('link')) assert.match(found.unread.join(), /too many levels of symbolic links/);
  return sbomOf(found, options).predicate as unknown as Document;
}

function urlsOf({ packages }: Document): string[] {
  return packages.flatMap(({ externalRefs = [] }) =>
    (externalRefs as { referenceLocator: string }[]).map(({ referenceLocator }) => referenceLocator),
  );
}

const DEBIAN = 'PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\n';
const STATUS = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.example.org>
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u4
Description: GNU C Library
 has several lines
 .
 Version: 9

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: epoch
Status: hold ok installed
Architecture: all
Version: 2:1.0~rc1-1
`;
const APK = `C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
L:MIT
m:Somebody <somebody@example.org>
F:lib

P:busybox
V:1.36.1-r5
A:x86_64
`;
const LOCK = {
  lockfileVersion: 3,
  packages: {
    '': { name: 'app', version: '1.0.0' },
    'node_modules/left-pad': { version: '1.3.0' },
    'node_modules/@s/locked': { version: '2.0.0' },
    'node_modules/only-dev': { version: '9.9.9', dev: true },
    'node_modules/linked': { link: true },
  },
};
const OLD_LOCK = {
  lockfileVersion: 1,
  dependencies: { a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } } },
};

/** Files, and the URLs of the packages that they come to. */
const ROOTS: [name: string, files: Record<string, string>, urls: string[]][] = [
  ['nothing', {}, []],
  [
    'dpkg',
    { 'etc/os-release': '->../usr/lib/os-release', 'usr/lib/os-release': DEBIAN, 'var/lib/dpkg/status': STATUS },
    [
      'pkg:deb/debian/epoch@2:1.0~rc1-1?arch=all&distro=debian-12',
      'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12',
    ],
  ],
  [
    'dpkg, a file for each',
    {
      'var/lib/dpkg/status.d/base': 'Package: base-files\nVersion: 12.4\nArchitecture: amd64\n',
      'var/lib/dpkg/status.d/base.md5sums': 'Package: no\nVersion: 1\n',
    },
    ['pkg:deb/debian/base-files@12.4?arch=amd64'],
  ],
  [
    'apk',
    { 'etc/os-release': "ID=alpine\nVERSION_ID='3.19.1'\n", 'lib/apk/db/installed': APK },
    [
      'pkg:apk/alpine/busybox@1.36.1-r5?arch=x86_64&distro=alpine-3.19.1',
      'pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1',
    ],
  ],
  [
    'npm',
    {
      'app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
      'app/node_modules/left-pad/test/package.json': '{"name":"no","version":"1"}',
      'app/node_modules/@s/x/package.json': '{"name":"@s/x","version":"1.0.0-b+1","license":{"type":"MIT"}}',
      'app/node_modules/@s/x/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0"}',
      'app/node_modules/broken/package.json': '{',
      'app/node_modules/half/package.json': '{"name":"half"}',
      'app/package.json': '{"name":"app","version":"1.0.0"}',
      'app/package-lock.json': JSON.stringify(LOCK),
      'old/package-lock.json': JSON.stringify(OLD_LOCK),
    },
    [
      'pkg:npm/%40s/locked@2.0.0',
      'pkg:npm/%40s/x@1.0.0-b%2B1',
      'pkg:npm/a@1.0.0',
      'pkg:npm/b@2.0.0',
      'pkg:npm/left-pad@1.3.0',
    ],
  ],
  [
    'pip',
    {
      'usr/lib/python3/dist-packages/My_Pkg.x-1.0.dist-info/METADATA':
        'Metadata-Version: 2.1\r\nName: My_Pkg.x\r\nVersion: 1.0\r\nLicense: BSD\r\n\r\nVersion: 9\r\n',
      'usr/lib/python3/dist-packages/old.egg-info': 'Metadata-Version: 1.0\nName: old\nVersion: 2\n',
      'usr/lib/python3/dist-packages/dir.egg-info/PKG-INFO': 'Name: dir\nVersion: 3\n',
    },
    ['pkg:pypi/dir@3', 'pkg:pypi/my-pkg-x@1.0', 'pkg:pypi/old@2'],
  ],
  ['a database that is a link to the host', { 'var/lib/dpkg/status': '->/var/lib/dpkg/status' }, []],
];

for (const [name, files, urls] of ROOTS) {
  test(name, () => {
    const document = documentOf(name, files);
    assert.equal(urlsOf(document), urls);
    requireSpdx(document);
    assert.equal(documentOf(name, {}), document, 'the same files, the same document');
  });
}

test('places and licences are told; the namespace is another one for another document', () => {
  const document = documentOf('npm', {});
  const leftPad = document.packages.find(({ name }) => name === 'left-pad');
  assert.match(String(leftPad?.sourceInfo), '/app/node_modules/@s/x/node_modules/left-pad/package.json, /app/node_mod');
  assert.is(leftPad?.licenseComments, 'declared by the package as WTFPL');
  assert.is.not(documentOf('npm', {}, 0).documentNamespace, document.documentNamespace);
});

/** What the schema of SPDX 2.3 asks of the parts that there are. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  document: [
    'SPDXID',
    'spdxVersion',
    'dataLicense',
    'name',
    'creationInfo',
    'packages',
    'relationships',
    'documentNamespace',
  ],
  package: [
    'SPDXID',
    'name',
    'downloadLocation',
    'filesAnalyzed',
    'licenseConcluded',
    'licenseDeclared',
    'copyrightText',
  ],
};
const MORE: Readonly<Record<string, readonly string[]>> = {
  document: ['comment'],
  package: [
    'versionInfo',
    'supplier',
    'sourceInfo',
    'licenseComments',
    'externalRefs',
    'comment',
    'primaryPackagePurpose',
  ],
};

function requireFields(kind: string, value: Record<string, unknown>): void {
  const [needed = [], more = []] = [FIELDS[kind], MORE[kind]];
  for (const field of needed) assert.ok(value[field] !== undefined, `${kind} without ${field}`);
  for (const field of Object.keys(value)) assert.ok([...needed, ...more].includes(field), `${kind} with ${field}`);
}

function requireSpdx(document: Document): void {
  requireFields('document', document);
  const { spdxVersion, dataLicense, SPDXID, documentNamespace, creationInfo, packages, relationships } = document;
  assert.equal([spdxVersion, dataLicense, SPDXID], ['SPDX-2.3', 'CC0-1.0', 'SPDXRef-DOCUMENT']);
  assert.match(String(documentNamespace), /^https:\/\/[^#\s]+$/);
  const { created, creators } = creationInfo as { created: string; creators: string[] };
  assert.match(created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  for (const creator of creators) assert.match(creator, /^(Tool|Organization|Person): \S/);
  const ids = packages.map(({ SPDXID: id }) => id);
  assert.is(new Set(ids).size, ids.length);
  for (const one of packages) {
    requireFields('package', one);
    assert.match(String(one.SPDXID), /^SPDXRef-[A-Za-z0-9.-]+$/);
    if (one.supplier !== undefined) assert.match(String(one.supplier), /^(NOASSERTION|Organization: \S.*)$/);
    for (const reference of (one.externalRefs ?? []) as Record<string, string>[]) {
      const { referenceCategory, referenceType, referenceLocator = '', ...rest } = reference;
      assert.equal([referenceCategory, referenceType, rest], ['PACKAGE-MANAGER', 'purl', {}]);
      assert.match(
        referenceLocator,
        /^pkg:[a-z]+(\/[A-Za-z0-9.%_~-]+)+@[A-Za-z0-9.%_~:-]+(\?[a-z]+=[^&]+(&[a-z]+=[^&]+)*)?$/,
      );
    }
  }
  for (const { spdxElementId, relationshipType = '', relatedSpdxElement, ...rest } of relationships) {
    assert.ok(['DESCRIBES', 'CONTAINS'].includes(relationshipType));
    assert.ok(spdxElementId === 'SPDXRef-DOCUMENT' || ids.includes(spdxElementId));
    assert.ok(ids.includes(relatedSpdxElement));
    assert.equal(rest, {});
  }
  assert.is(relationships.length, packages.length);
}

test.run();
