import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csvFields } from '../../src/base/csv.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { optionFields } from '../../src/base/option-fields.ts';
import { parseSize } from '../../src/base/size.ts';

const values = suite('values that are written as texts');

const lines: [string, string[] | undefined][] = [
  ['', []],
  ['a,b', ['a', 'b']],
  ['a,,', ['a', '', '']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a""b"', ['a"b']],
  ['"a', undefined],
  ['"a"b', undefined],
  ['a"b', undefined],
];

for (const [line, expected] of lines) {
  values(`comma separated: ${JSON.stringify(line)}`, () => {
    assert.equal(
      csvFields(line)?.map((field) => field.text),
      expected,
    );
  });
}

values('the fields of an option', () => {
  assert.equal(
    [...optionFields('--output', 'TYPE=oci,"dest=a,b",push')],
    [
      ['type', 'oci'],
      ['dest', 'a,b'],
      ['push', ''],
    ],
  );
});

const refused: [string, string][] = [
  ['type=oci,', '--output type=oci,: a field is empty'],
  ['type=oci,"dest', '--output type=oci,"dest: a quote in the middle of a field'],
  ['type=oci,type=tar', '--output type=oci,type=tar: the field type is given twice'],
];

for (const [text, message] of refused) {
  values(`an option refuses ${text}`, () => {
    assert.throws(
      () => optionFields('--output', text),
      (error: unknown) => error instanceof TsbuildError && error.code === 'USAGE' && error.message === message,
    );
  });
}

const sizes: [string, number | undefined][] = [
  ['0', 0],
  ['64', 64],
  ['64b', 64],
  ['64K', 65536],
  ['1.5 GiB', 1.5 * 1024 ** 3],
  ['2tb', 2 * 1024 ** 4],
  ['9000p', undefined],
  ['', undefined],
  ['k', undefined],
  ['-1', undefined],
  ['1x', undefined],
];

for (const [text, expected] of sizes) {
  values(`the size ${JSON.stringify(text)}`, () => assert.is(parseSize(text), expected));
}

values.run();
