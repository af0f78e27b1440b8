import type { TestEntry } from '../support/image.ts';

export const dir = (path: string, fields: Partial<TestEntry> = {}): TestEntry => ({
  path,
  type: 'directory',
  mode: 0o755,
  ...fields,
});
export const link = (path: string, linkPath: string): TestEntry => ({ path, type: 'symlink', mode: 0o777, linkPath });
export const file = (path: string, content: string): TestEntry => ({ path, content });

const BASE: readonly TestEntry[] = [dir('a'), file('a/x', 'x0'), dir('a/sub'), file('a/sub/y', 'y0'), file('z', 'z0')];

interface Case {
  what: string;
  layers: readonly (readonly TestEntry[])[];
  /** Names and contents in the end. */
  shows: readonly string[];
}

/** What layers of images come to. */
export const CASES: readonly Case[] = [
  { what: 'one layer', layers: [BASE], shows: ['a/', 'a/sub/', 'a/sub/y=y0', 'a/x=x0', 'z=z0'] },
  {
    what: 'a file over a file, and one beside it',
    layers: [BASE, [file('a/x', 'x1'), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1', 'a/sub/', 'a/sub/y=y0', 'a/x=x1', 'z=z0'],
  },
  {
    what: 'a whiteout of a file',
    layers: [BASE, [file('a/.wh.x', '')]],
    shows: ['a/', 'a/sub/', 'a/sub/y=y0', 'z=z0'],
  },
  { what: 'a whiteout of a directory', layers: [BASE, [file('.wh.a', '')]], shows: ['z=z0'] },
  {
    what: 'a directory that comes back two layers above its whiteout',
    layers: [BASE, [file('.wh.a', '')], [dir('a'), file('a/n', 'n2')]],
    shows: ['a/', 'a/n=n2', 'z=z0'],
  },
  {
    what: 'a whiteout before the directory that takes its place',
    layers: [BASE, [file('.wh.a', ''), dir('a'), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1', 'z=z0'],
  },
  {
    what: 'a whiteout after the directory that takes its place',
    layers: [BASE, [dir('a'), file('a/n', 'n1'), file('.wh.a', '')]],
    shows: ['a/', 'a/n=n1', 'z=z0'],
  },
  {
    what: 'a whiteout before a file below it, without the directory',
    layers: [BASE, [file('.wh.a', ''), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1', 'z=z0'],
  },
  {
    what: 'a whiteout beside a file of that name',
    layers: [BASE, [file('z', 'z1'), file('.wh.z', '')]],
    shows: ['a/', 'a/sub/', 'a/sub/y=y0', 'a/x=x0', 'z=z1'],
  },
  {
    what: 'an opaque directory, marked first',
    layers: [BASE, [dir('a'), file('a/.wh..wh..opq', ''), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1', 'z=z0'],
  },
  {
    what: 'an opaque directory, marked last',
    layers: [BASE, [dir('a'), dir('a/sub'), file('a/sub/n', 'n1'), file('a/.wh..wh..opq', '')]],
    shows: ['a/', 'a/sub/', 'a/sub/n=n1', 'z=z0'],
  },
  {
    what: 'an opaque root, marked first',
    layers: [BASE, [file('.wh..wh..opq', ''), dir('a'), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1'],
  },
  {
    what: 'an opaque root, marked last',
    layers: [BASE, [file('n', 'n1'), dir('a'), file('.wh..wh..opq', '')]],
    shows: ['a/', 'n=n1'],
  },
  {
    what: 'a file over a directory',
    layers: [BASE, [file('a', 'a1')]],
    shows: ['a=a1', 'z=z0'],
  },
  {
    what: 'a directory over a file over a directory',
    layers: [BASE, [file('a', 'a1')], [dir('a'), file('a/n', 'n2')]],
    shows: ['a/', 'a/n=n2', 'z=z0'],
  },
  {
    what: 'a file and then a directory in one layer, over a directory',
    layers: [BASE, [file('a', 'a1'), dir('a'), file('a/n', 'n1')]],
    shows: ['a/', 'a/n=n1', 'z=z0'],
  },
  {
    what: 'an opaque directory that becomes a file in the same layer',
    layers: [BASE, [dir('a'), file('a/.wh..wh..opq', ''), file('a', 'a1')]],
    shows: ['a=a1', 'z=z0'],
  },
  {
    what: 'links, and a file written through one of the layer below',
    layers: [
      [dir('usr'), dir('usr/lib'), link('lib', 'usr/lib'), link('dangling', '/nowhere')],
      [file('lib/so', 'so1')],
    ],
    shows: ['dangling->/nowhere', 'lib->usr/lib', 'usr/', 'usr/lib/', 'usr/lib/so=so1'],
  },
  {
    what: 'a whiteout through a link',
    layers: [[dir('usr'), dir('usr/lib'), file('usr/lib/so', ''), link('lib', 'usr/lib')], [file('lib/.wh.so', '')]],
    shows: ['lib->usr/lib', 'usr/', 'usr/lib/'],
  },
  {
    what: 'a link in the place of a directory',
    layers: [BASE, [link('a', 'elsewhere')]],
    shows: ['a->elsewhere', 'z=z0'],
  },
  {
    what: 'names that are not UTF-8, and strange ones',
    layers: [[dir('d\xff'), file('d\xff/\xfe', '1'), file('new\nline', '2')], [file('d\xff/.wh.\xfe', '')]],
    shows: ['d\xff/', 'new\nline=2'],
  },
  {
    what: 'a hard link, and one to a file of the layer below',
    layers: [
      [file('a', 'A'), { path: 'b', type: 'hardlink', linkPath: 'a' }],
      [{ path: 'c', type: 'hardlink', linkPath: 'b' }],
    ],
    shows: ['a=A', 'b=A', 'c (hardlink)'],
  },
  {
    what: 'devices and fifos, and second names of them',
    layers: [
      [
        { path: 'fifo', type: 'fifo', mode: 0o640 },
        { path: 'fifo2', type: 'hardlink', linkPath: 'fifo' },
      ],
      [{ path: 'fifo3', type: 'hardlink', linkPath: 'fifo2' }],
    ],
    shows: ['fifo (fifo)', 'fifo2 (fifo)', 'fifo3 (fifo)'],
  },
  {
    what: 'a whiteout in the form of a device',
    layers: [BASE, [{ path: 'a', type: 'char', devMajor: 0, devMinor: 0 }]],
    shows: ['z=z0'],
  },
  {
    what: 'whiteouts of what is not there',
    layers: [BASE, [file('.wh.q', ''), file('a/x', 'x1')]],
    shows: ['a/', 'a/sub/', 'a/sub/y=y0', 'a/x=x1', 'z=z0'],
  },
];
