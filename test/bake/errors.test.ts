import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDefinitions } from '../../src/bake/load.ts';
import { TsbuildError, TsbuildErrors } from '../../src/base/error.ts';

const test = suite('bake: what is wrong with a file, and where');

/** A text, and its errors as `line:column message`. */
const FILES: readonly (readonly [text: string, ...errors: string[]])[] = [
  ['target "a" {', '1:12 { is never closed'],
  ['target "a" }\n', '1:12 } was not expected here'],
  ['target "a {\n}\n', '1:12 a text in quotes ends within its line'],
  ['x = \ny = 1\nz = [1, , 2]\n', '1:3 something is missing here', '3:9 , was not expected here'],
  ['x = "\\q"\n', '1:6 unknown escape \\q in a text'],
  ["x = 'a'\n", '1:5 texts stand in double quotes'],
  ['x = 1 +\n', '1:7 something is missing here'],
  ['x = <<E\na\n', '1:5 <<E is never closed'],
  ['x = [for a of b : a]\n', '1:12 expected in, found of'],
  ['targt "a" {}\n', '1:1 there is no block targt'],
  ['target {}\n', '1:1 a target has one name: target "NAME" { … }'],
  ['target "a" {\n  tag = []\n}\n', '2:3 a target has no attribute tag'],
  ['target "a" {\n  tags = "x"\n}\n', '2:10 tags: list(string) is required, and this is a string'],
  ['target "a" {\n  pull = "perhaps"\n}\n', '2:10 pull: true or false is required, not "perhaps"'],
  [
    'target "a" {\n  args = { A = B }\n}\ntarget "b" { x = 1 }\n',
    '2:16 there is no variable B',
    '4:14 a target has no attribute x',
  ],
  ['target "a" { output = ["dest=x"] }\n', '1:23 output: output needs a type'],
  ['target "a b" {}\n', '1:8 "a b" is no name of a target'],
  ['A = B\nB = A\n', '2:5 the value of A depends on itself'],
  [
    'target "a" { args = target.b.args }\ntarget "b" { args = target.a.args }\n',
    '1:21 target.b.args depends on itself',
    '2:21 target.a.args depends on itself',
  ],
  ['function "f" {\n  params = []\n  result = f()\n}\nx = f()\n', '3:12 f: a function cannot call itself'],
  [
    `variable "V" {\n  default = 1\n  validation {\n    condition = V > 1\n    error_message = "too small: \${V}"\n  }\n}\n`,
    '4:17 V is not valid: too small: 1',
  ],
  ['variable "V" { defualt = 1 }\n', '1:16 a variable has no attribute defualt'],
  ['variable "V" { type = strng }\n', '1:23 this is not a type'],
  ['target "a" {\n  name = "b"\n}\n', '2:3 name is for a target with a matrix'],
  ['target "a" {\n  matrix = { x = 1 }\n}\n', '2:12 the values of x must be a list'],
  ['group "g" {}\n', '1:1 the group g has no targets'],
];

async function errorsOf(name: string, text: string): Promise<string[]> {
  const environment = { env: {}, vars: new Map(), builtins: new Map(), directory: '/' };
  try {
    await loadDefinitions([{ name, text }], environment);
    return [];
  } catch (error) {
    const errors = error instanceof TsbuildErrors ? error.errors : [error];
    return errors.map((one) => {
      if (!(one instanceof TsbuildError)) throw one;
      return `${one.location?.start.line}:${one.location?.start.column} ${one.message}`;
    });
  }
}

for (const [text, ...errors] of FILES) {
  test(JSON.stringify(text), async () => assert.equal(await errorsOf('docker-bake.hcl', text), errors));
}

test('JSON', async () => {
  assert.equal(await errorsOf('a.json', '{"target": {"a": {"tags": [nope]}}}'), ['1:28 nope is no value of JSON']);
  assert.equal(await errorsOf('a.json', `{"target": {"a": {"args": {"A": "\${B}"}}}}`), [
    '1:33 there is no variable B',
  ]);
  assert.equal(await errorsOf('a.json', '{"target": {'), ['1:12 { is never closed']);
});

test('deep nesting ends in an error', async () => {
  const [error = ''] = await errorsOf('a.hcl', `x = ${'('.repeat(5000)}\n`);
  assert.match(error, /nested more than 64 deep/);
});

test.run();
