import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FieldTable, FieldWriter } from '../../src/base/field-table.ts';

const test = suite('rows of fields in a buffer');

function tableOf(rows: readonly (readonly string[])[], width: number): FieldTable {
  const writer = new FieldWriter();
  for (const row of rows) writer.add(...row);
  assert.is(writer.rows, rows.length);
  return new FieldTable(writer.encode(), width);
}

const MANY = Array.from({ length: 5000 }, (_, index) => [`d${index >> 6}/name-${index}`, `value of ${index}`, '']);

test('each row is found by its first field, and no other', () => {
  const table = tableOf(MANY, 3);
  assert.is(table.rows, MANY.length);
  for (const [row, [key = '', value = '']] of MANY.entries()) {
    assert.is(table.find(key), row);
    assert.is(table.field(row, 0), key);
    assert.is(table.field(row, 1), value);
    assert.is(table.field(row, 2), '');
    assert.ok(table.is(row, 1, value) && !table.is(row, 1, value.slice(1)) && !table.is(row, 1, `${value}0`));
    assert.is(table.find(`${key}0x`), -1);
    assert.is(table.find(value), -1);
  }
});

test('names are bytes, and may be empty', () => {
  const table = tableOf([['\xff\xfe\x01'], ['']], 1);
  assert.equal(
    ['\xff\xfe\x01', '', '\xff'].map((name) => table.find(name)),
    [0, 1, -1],
  );
});

test('of rows with the same first field the last one counts', () => {
  const table = tableOf(
    [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ],
    2,
  );
  assert.equal([table.find('a'), table.find('b')], [2, 1]);
});

test('nothing is found in what is empty, and what is no whole row is passed over', () => {
  for (const bytes of ['', 'a', 'a\0b', 'a\0b\0']) assert.is(new FieldTable(Buffer.from(bytes), 3).find('a'), -1);
  const table = new FieldTable(Buffer.from('a\0b\0c\0d\0e'), 2);
  assert.is(table.rows, 2);
  assert.equal([table.find('a'), table.find('c'), table.find('e')], [0, 1, -1]);
});

test.run();
